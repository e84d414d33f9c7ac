import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface Door {
  readonly url: string;
  /** From now on this answers, also what has been asked and not yet answered. */
  readonly handOver: (to: RequestListener) => void;
  /** Ends what is being answered, and takes no more. */
  readonly close: () => Promise<void>;
}

const GRACE_MS = 1_000;
/** No request takes longer: long work is a job. */
const LONGEST_MS = 30_000;

/**
 * The agent's port. It opens before what answers is loaded, and says by itself that the agent lives: whoever recovers a
 * site waits for that. All other requests wait until they are handed over.
 */
export async function openDoor({
  address,
  port,
  health,
}: {
  readonly address: string;
  readonly port: number;
  /** The path that is answered with 200 at once. */
  readonly health: string;
}): Promise<Door> {
  let answer: RequestListener | undefined;
  const waiting: Parameters<RequestListener>[] = [];
  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === health) {
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
      return void response.end(JSON.stringify({ ok: true }));
    }
    if (answer) answer(request, response);
    else waiting.push([request, response]);
  });
  server.requestTimeout = LONGEST_MS;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, address, resolve));
  const at = server.address() as AddressInfo;
  return {
    url: `http://${at.family === "IPv6" ? `[${at.address}]` : at.address}:${at.port}`,
    handOver(to) {
      answer = to;
      for (const [request, response] of waiting.splice(0)) to(request, response);
    },
    close() {
      // Whoever connected and says nothing would be waited for without end.
      const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      return new Promise((resolve) => server.close(() => (clearTimeout(timer), resolve())));
    },
  };
}
