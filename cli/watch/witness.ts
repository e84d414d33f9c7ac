import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Sight } from "./sight";

/** What is asked: a look made now. The nonce comes back with it, so that no older answer can pass for it. */
interface Question {
  readonly site: string;
  readonly nonce: string;
}

export interface Witness {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Fewer could be guessed. */
const MIN_TOKEN = 16;
const MAX_QUESTION = 1_000;
/** A look holds connections to both sites for some seconds: whoever asks more often waits for its turn in vain. */
const MOST_AT_ONCE = 8;

export interface WitnessOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly sites: readonly string[];
  readonly look: (site: string) => Promise<Sight>;
}

/** Serves `POST /look` to whoever has the token: what is seen of a site from here, now. It remembers nothing and decides nothing. */
export async function startWitness({ host, port, token, sites, look }: WitnessOptions): Promise<Witness> {
  const expected = digest(checkedToken(token));
  let underWay = 0;
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
      response.end(JSON.stringify(body));
    };
    const respond = async () => {
      const [, given = ""] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "") ?? [];
      if (!timingSafeEqual(digest(given), expected))
        return answer(401, { error: "the bearer token is not this witness's" });
      if (request.method !== "POST" || request.url !== "/look") return answer(404, { error: "ask by POST /look" });
      const question = await readQuestion(request);
      if (!question || !sites.includes(question.site))
        return answer(400, { error: `ask by {"site": "${sites.join('" or "')}", "nonce": "<any text>"}` });
      if (underWay >= MOST_AT_ONCE) return answer(503, { error: "too many looks at once" });
      underWay++;
      try {
        answer(200, { nonce: question.nonce, sight: await look(question.site) });
      } finally {
        underWay--;
      }
    };
    void respond().catch((error: Error) =>
      response.headersSent ? response.destroy() : answer(500, { error: error.message }),
    );
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  return { url: urlOf(server), close: () => closed(server) };
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** @throws Error if a token is too short to be one. */
export function checkedToken(token: string): string {
  if (token.length >= MIN_TOKEN) return token;
  throw new Error(
    `a witness's token must have ${MIN_TOKEN} characters or more; make one with: openssl rand -base64 32`,
  );
}

async function readQuestion(request: IncomingMessage): Promise<Question | undefined> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_QUESTION) return undefined;
  }
  try {
    const { site, nonce } = JSON.parse(text) as Partial<Question>;
    return typeof site === "string" && typeof nonce === "string" ? { site, nonce } : undefined;
  } catch {
    return undefined;
  }
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** How long a witness is waited for: its probes, and the way there and back. */
const ANSWER_MS = 8_000;

/**
 * Asks a witness to look now.
 * @throws Error if it does not answer, or answers something else.
 */
export async function askWitness(address: string, token: string, site: string, timeoutMs = ANSWER_MS): Promise<Sight> {
  const nonce = randomBytes(16).toString("hex");
  const response = await fetch(new URL("/look", address), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ site, nonce } satisfies Question),
    redirect: "error", // the token is for this address only
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: Error & { cause?: { code?: string } }) => {
    throw new Error(`it does not answer: ${error.cause?.code ?? error.message}`, { cause: error });
  });
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  const { nonce: returned, sight } = (await response.json()) as { nonce?: string; sight?: Sight };
  if (returned !== nonce || !isSight(sight)) throw new Error("its answer is not one to this question");
  return sight;
}

const OUTCOMES: readonly unknown[] = ["well", "down", "unknown"];

/** A witness may be of another version: what does not read as a sight says nothing. */
function isSight(sight: Sight | undefined): sight is Sight {
  const { probes, hears, site } = (sight ?? {}) as Partial<Sight>;
  const isProbe = (probe: unknown) => OUTCOMES.includes((probe as { outcome?: unknown } | undefined)?.outcome);
  return (
    typeof site === "string" &&
    typeof hears?.nameServer === "boolean" &&
    typeof hears.standby === "boolean" &&
    isProbe(probes?.sql) &&
    isProbe(probes?.http) &&
    isProbe(probes?.replication)
  );
}
