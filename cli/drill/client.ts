import { Client } from "pg";
import { lookUpAddress, type NameServerAddress } from "../../engines/dns/lookup";

/**
 * The outside client of a drill: a process of its own that knows a name, a port and a password, and nothing of sites.
 * It asks the name server before every connection and writes numbered rows until it is told to stop.
 */
export interface ClientTask {
  readonly nameServer: NameServerAddress;
  readonly name: string;
  readonly port: number;
  readonly database: string;
  readonly password: string;
  /** Told apart from other drills by this. */
  readonly run: string;
}

/** One write that the server acknowledged. Times are milliseconds of this machine's clock. */
export interface Acknowledged {
  readonly seq: number;
  readonly sentMs: number;
  readonly ackMs: number;
  /** Who acknowledged it. */
  readonly address: string;
}

const PAUSE_MS = 5;
/** Each try is a handshake that a recovering machine pays for, too. */
const RETRY_MS = 50;
const TIMEOUT_MS = 1_000;

export const HEARTBEAT_TABLE =
  "create table if not exists dr_heartbeat (run text, seq bigint, sent_ms bigint, primary key (run, seq))";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function writeUntilStopped(task: ClientTask, stopped: () => boolean): Promise<void> {
  for (let seq = 1; !stopped(); await pause(RETRY_MS)) {
    const found = await lookUpAddress(task.nameServer, task.name).catch(() => undefined);
    if (!found) continue;
    const { port, database, password } = task;
    const client = new Client({
      host: found.address,
      port,
      database,
      user: "app",
      password,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
    });
    client.on("error", () => {}); // the write that fails says so
    try {
      await client.connect();
      for (; !stopped(); await pause(PAUSE_MS)) {
        // A number is used once: a write whose answer was lost must not count as another one that survived.
        const write = { seq: seq++, sentMs: Date.now() };
        await client.query("insert into dr_heartbeat values ($1, $2, $3)", [task.run, write.seq, write.sentMs]);
        process.send!({ ...write, ackMs: Date.now(), address: found.address } satisfies Acknowledged);
      }
    } catch {
      // lost, read-only or not there: ask the name server again
    } finally {
      void client.end().catch(() => {});
    }
  }
}

process.once("message", (task: ClientTask) => {
  let stopped = false;
  process.once("message", () => (stopped = true));
  void writeUntilStopped(task, () => stopped).then(() => process.exit(0));
});
process.on("disconnect", () => process.exit(0)); // the drill is gone: so is its client
