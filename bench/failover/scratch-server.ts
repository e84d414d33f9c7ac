import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { own } from "../../engines/files";
import { key } from "../../engines/keys";
import { isFree } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { timed } from "../samples";
import { slotName, type ServerSettings } from "../../engines/postgres/settings";
import { connected, serverState, type Endpoint } from "../../engines/postgres/sql";

/** A PostgreSQL server of the bench's own, beside the sites; gone after `work`. */
export async function withScratchServer<T>(
  keysFolder: string,
  upstream: Endpoint | undefined,
  work: (server: Endpoint) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "dr-bench-"));
  chmodSync(folder, 0o755);
  own(folder);
  let port = 14_000;
  while (!(await isFree(port))) port++;
  const endpoint: Endpoint = { address: "127.0.0.1", port, keysFolder };
  key(keysFolder, "replicator");
  const passFile = cluster.passFile(keysFolder);
  const follow = upstream
    ? { address: upstream.address, port: upstream.port, passFile, slot: slotName("bench") }
    : undefined;
  const settings: ServerSettings = {
    ...{
      clusterName: "bench",
      address: "127.0.0.1",
      port,
      socketFolder: folder,
      archiveTimeoutSeconds: 0,
      slotCapMiB: 1024,
    },
    ...(follow ? { upstream: follow } : {}),
  };
  try {
    if (follow && upstream) {
      await cluster.ensureSlot(upstream, "bench");
      await cluster.clone(folder, follow);
    } else {
      await cluster.initialise(folder, keysFolder);
    }
    cluster.configure(folder, settings);
    await cluster.start(folder);
    if (upstream) await caughtUp(upstream, endpoint);
    return await work(endpoint);
  } finally {
    await cluster.stop(folder).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
    if (upstream)
      await connected(upstream, (client) => client.query("select pg_drop_replication_slot('bench')")).catch(() => {});
  }
}

/** Seconds that a planned switch between two bare servers takes, the old primary's return as a standby included. */
export function switchOfServers(keysFolder: string): Promise<number> {
  return withScratchServer(keysFolder, undefined, async (primary) => {
    await cluster.furnish(primary, "floor");
    return withScratchServer(keysFolder, primary, async (standby) => {
      const folder = await connected(primary, async (client) => {
        const { rows } = await client.query<{ data: string }>("select current_setting('data_directory') as data");
        await client.query("checkpoint");
        return path.dirname(rows[0]!.data);
      });
      return connected(standby, (sql) =>
        timed(async () => {
          await cluster.stop(folder);
          cluster.startInRecovery(cluster.dataFolder(folder));
          await cluster.start(folder);
          await sql.query("select pg_promote(true)");
          await sql.query("create table floor_probe as select 1 as one");
        }),
      );
    });
  });
}

/** Waits until a standby has replayed all that its primary has written by now. */
export async function caughtUp(primary: Endpoint, standby: Endpoint): Promise<void> {
  const { lsn } = await connected(primary, serverState);
  await connected(standby, async (client) => {
    for (const end = Date.now() + 300_000; ; await new Promise((r) => setTimeout(r, 50))) {
      const { rows } = await client.query<{ done: boolean }>(
        "select pg_last_wal_replay_lsn() >= $1::pg_lsn and exists (select from pg_stat_wal_receiver where status = 'streaming') as done",
        [lsn],
      );
      if (rows[0]!.done) return;
      if (Date.now() > end) throw new Error(`the standby at ${standby.address}:${standby.port} did not catch up`);
    }
  });
}
