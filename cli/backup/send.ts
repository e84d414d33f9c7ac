/** What an agent's API answered. */
export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: unknown;
}

/** Sends one request to an agent's API: over the network, or to one that runs in this process. Throws only {@link NoAnswer}. */
export type Send = (method: "GET" | "POST", path: string, body?: object) => Promise<Answer>;

/** An agent that did not answer at all. */
export class NoAnswer extends Error {}

const TIMEOUT_MS = 60_000;

/** Sends over HTTP. The token goes into a header and nowhere else. */
export function overHttp(url: string, token: string | undefined): Send {
  return async (method, path, body) => {
    try {
      const response = await fetch(new URL(path, url), {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body ? { "content-type": "application/json" } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        redirect: "error", // an agent never sends elsewhere, and the token must not go there
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      return {
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        body: /\bjson\b/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text,
      };
    } catch (error) {
      const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
      const why = name === "TimeoutError" ? `nothing came within ${TIMEOUT_MS / 1000} s` : (cause?.code ?? message);
      throw new NoAnswer(`the agent at ${url} does not answer (${why})`, { cause: error });
    }
  };
}
