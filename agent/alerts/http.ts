import type { IncomingMessage } from "node:http";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends and answers once it was accepted; throws a `DeliveryError` if not. */
export type Send = (request: HttpRequest) => Promise<void>;

/** Why something was not delivered, without the address, which is a secret. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  constructor(
    message: string,
    /** The other side asks to be left alone for so many seconds. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER = 2_000;

/** A request with a limit in time. It follows no redirection: that would carry a secret to another place. */
export const sendHttp =
  (timeoutMs = TIMEOUT_MS): Send =>
  ({ method, url, headers, body }) =>
    new Promise((resolve, reject) => {
      const send = url.protocol === "https:" ? tlsRequest : plainRequest;
      const outgoing = send(url, {
        method,
        headers: { ...headers, "content-length": Buffer.byteLength(body), "user-agent": "pulumi-dr" },
        agent: false,
      });
      const timer = setTimeout(() => {
        outgoing.destroy(new DeliveryError(`did not answer within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      outgoing.on("close", () => clearTimeout(timer));
      outgoing.on("error", (error: NodeJS.ErrnoException) =>
        reject(
          error instanceof DeliveryError ? error : new DeliveryError(`cannot be reached: ${error.code ?? error.name}`),
        ),
      );
      outgoing.on("response", (response) => void judge(response).then(resolve, reject));
      outgoing.end(body);
    });

async function judge(response: IncomingMessage): Promise<void> {
  const status = response.statusCode ?? 0;
  let answer = "";
  try {
    for await (const chunk of response) if (answer.length < MAX_ANSWER) answer += String(chunk);
  } catch (error) {
    throw error instanceof DeliveryError ? error : new DeliveryError("broke off in the middle of its answer");
  }
  if (status >= 200 && status < 300) return;
  const said = answer.replaceAll(/\s+/g, " ").trim().slice(0, 200);
  throw new DeliveryError(`answered ${status}${said ? `: ${said}` : ""}`, secondsOf(response.headers["retry-after"]));
}

/** A number of seconds; the other form of the header, a date, is rare and not worth a clock. */
const secondsOf = (header: string | undefined) =>
  header !== undefined && /^\d+(\.\d+)?$/.test(header) ? Number(header) : undefined;

/** A POST of JSON. */
export const postJson = (url: URL, content: unknown, headers: Readonly<Record<string, string>> = {}): HttpRequest => ({
  ...{ method: "POST", url, body: JSON.stringify(content) },
  headers: { "content-type": "application/json", ...headers },
});
