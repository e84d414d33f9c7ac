import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Message } from "../../../agent/alerts/message";

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Says nothing, ever. */
  readonly hangs?: boolean;
}

export interface Listener {
  readonly url: string;
  readonly heard: Heard[];
  /** Answers of the next requests, in order; the last one is for all that follow. */
  answers: Answer[];
  readonly close: () => Promise<void>;
}

const servers = new Set<Server>();

/** A web server on loopback that writes down what it is sent. */
export async function listen(...answers: Answer[]): Promise<Listener> {
  const heard: Heard[] = [];
  const listener = { heard, answers };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      heard.push({ method: request.method!, path: request.url!, headers: request.headers, body });
      const { status = 200, headers = {}, body: answer = "ok", hangs = false } = listener.answers[0] ?? {};
      if (listener.answers.length > 1) listener.answers.shift();
      if (!hangs) response.writeHead(status, headers).end(answer);
    });
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => closeServer(server);
  return Object.assign(listener, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close });
}

function closeServer(server: Server): Promise<void> {
  servers.delete(server);
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** To be called after each test. */
export const closeListeners = async () => void (await Promise.all([...servers].map(closeServer)));

/** What channels are given in tests. */
export const message = (change: Partial<Message> = {}): Message => ({
  id: "0123456789abcdef0123456789abcdef",
  kind: "firing",
  incident: "shop/prod/backupAge/orders",
  severity: "P1",
  title: "orders: newest verified backup is too old",
  facts: [
    ["Severity", "P1"],
    ["System", "shop, site prod"],
    ["Rule", "backupAge"],
    ["Value", "7h (threshold 6h)"],
    ["Since", "2026-11-21T08:00:00.000Z"],
  ],
  ...{ plan: "shop", site: "prod", rule: "backupAge", source: "orders" },
  since: "2026-11-21T08:00:00.000Z",
  at: "2026-11-21T09:00:00.000Z",
  ...change,
});

/** Waits until something is so; the test's own time limit ends it. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
