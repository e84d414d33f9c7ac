import { Socket } from "node:net";
import { Client } from "pg";
import { key } from "../keys";

/** Where a database answers, and as whom. The password is a key of the key folder, named after the user. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly keysFolder: string;
  /** @default "postgres" */
  readonly database?: string;
  /** @default "postgres", the superuser */
  readonly user?: "postgres" | "replicator" | "app";
  /** Milliseconds to wait for a connection.  @default 3000 */
  readonly timeoutMs?: number;
  /** Milliseconds for all of it, the connection included; a server that hangs takes no longer.  @default - as long as it takes */
  readonly withinMs?: number;
}

/**
 * Opens a connection, hands it to `work` and closes it again.
 * @throws Error with the code ETIMEDOUT, `does not answer within 3 s`, if the server takes too long.
 */
export async function connected<T>(endpoint: Endpoint, work: (client: Client) => Promise<T>): Promise<T> {
  const { address, port, keysFolder, database = "postgres", user = "postgres", timeoutMs = 3_000, withinMs } = endpoint;
  const socket = new Socket();
  const client = new Client({
    host: address,
    port,
    database,
    user,
    password: key(keysFolder, user),
    stream: () => socket,
    application_name: "pulumi-dr",
  });
  client.on("error", () => {}); // a server that dies between two queries is reported by the next query
  const session = async () => {
    await inTime(client.connect(), timeoutMs, socket);
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => {});
    }
  };
  return withinMs === undefined ? session() : inTime(session(), withinMs, socket);
}

/** Gives up on a server that takes longer, and on its socket: a polite end of the connection would wait for it again. */
async function inTime<T>(work: Promise<T>, withinMs: number, socket: Socket): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`does not answer within ${withinMs / 1000} s`), { code: "ETIMEDOUT" }));
      socket.destroy();
    }, withinMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** What a server says of itself. */
export interface ServerState {
  readonly role: "primary" | "standby";
  readonly timeline: number;
  /** The same on a primary and all its standbys, and on no other cluster. */
  readonly systemIdentifier: string;
  /** The last position written (primary) or replayed (standby). */
  readonly lsn: string;
  /** A standby that gets WAL from its primary just now. */
  readonly streaming: boolean;
  /** When the newest replayed commit was made, in ISO 8601; a standby only. */
  readonly lastCommit?: string;
  /** When the server was started, in ISO 8601. */
  readonly startedAt: string;
}

export async function serverState(client: Client): Promise<ServerState> {
  const { rows } = await client.query<{
    standby: boolean;
    timeline: number;
    system: string;
    lsn: string;
    streaming: boolean;
    last: Date | null;
    started: Date;
  }>(`
    select pg_is_in_recovery() as standby, case when pg_is_in_recovery()
                then coalesce((select received_tli from pg_stat_wal_receiver), c.timeline_id)
                -- pg_control learns of a promotion only at the next checkpoint
                else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline, s.system_identifier::text as system,
           case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end::text as lsn,
           exists (select from pg_stat_wal_receiver where status = 'streaming') as streaming,
           case when pg_is_in_recovery() then pg_last_xact_replay_timestamp() end as last,
           pg_postmaster_start_time() as started
    from pg_control_system() s, pg_control_checkpoint() c`);
  const { standby, timeline, system, lsn, streaming, last, started } = rows[0]!;
  return {
    role: standby ? "standby" : "primary",
    timeline,
    systemIdentifier: system,
    lsn,
    streaming,
    startedAt: started.toISOString(),
    ...(last ? { lastCommit: last.toISOString() } : {}),
  };
}
