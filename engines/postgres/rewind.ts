import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import type { Client } from "pg";
import { run } from "../run";
import { serverUser } from "../user";
import { binaries } from "./binaries";
import { connected, type Endpoint } from "./sql";

const HOURS = 3_600_000;

/**
 * Has a standby that is about to be promoted keep the WAL by which the other site can be taken back later: all since its
 * last restartpoint, which lies before its history leaves the other's. The cap of a slot holds for it too.
 */
export async function keepWalForReturn(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select slot_name as name from pg_replication_slots where slot_type = 'physical' and not active and (restart_lsn is null or wal_status = 'lost')",
  );
  for (const { name } of rows) {
    await client.query("select pg_drop_replication_slot($1)", [name]);
    await client.query("select pg_create_physical_replication_slot($1, true)", [name]);
  }
}

/**
 * Takes a stopped server's data folder back to where its history left that of `source`, and copies from there what
 * differs. It is a standby's data folder then, with the settings of the source. Whatever it fails with, the folder is not
 * to be used any more.
 *
 * @param fork Position where the source's history left this one's: its WAL from there on must still be at the source.
 */
export async function rewind(data: string, source: Endpoint, passFile: string, fork?: string): Promise<void> {
  // A server that was just promoted names its old timeline until a checkpoint, and would seem not to have diverged.
  await connected(source, (client) => client.query("checkpoint"));
  const server = `host=${source.address} port=${source.port} user=postgres dbname=postgres`;
  await run(
    path.join(binaries().folder, "pg_rewind"),
    ["--target-pgdata", data, "--source-server", server, "--no-sync"],
    {
      ...{ user: serverUser(), cwd: "/", env: { PGPASSFILE: passFile }, timeoutMs: 12 * HOURS },
    },
  );
  if (fork) refuseWithoutWal(data, fork);
}

/** Without all WAL from where they parted it would start, and wait for ever. */
function refuseWithoutWal(data: string, fork: string): void {
  const label = readFileSync(path.join(data, "backup_label"), "utf8");
  const [, first] = /^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$/m.exec(label) ?? [];
  if (!first) return;
  const there = readdirSync(path.join(data, "pg_wal")).filter((name) => /^[0-9A-F]{24}$/.test(name));
  const [high, low] = fork.split("/").map((part) => part.padStart(8, "0"));
  const parted = position(`00000000${high}000000${low!.slice(0, 2)}`);
  // Before the fork it is the server's own; from there on only the source's is of use.
  const usable = there.filter((name) => position(name) < parted || name.slice(0, 8) > first.slice(0, 8)).map(position);
  const newest = Math.max(parted, ...usable);
  for (let at = position(first); at <= newest; at++)
    if (!usable.includes(at))
      throw new Error(`the live site has not all WAL any more from where they parted (${fork})`);
}

const SEGMENTS_OF_A_LOG = 256; // of 16 MiB each, PostgreSQL's own size

/** Place of a segment in the order of WAL, whatever its timeline. */
const position = (name: string) => parseInt(name.slice(8, 16), 16) * SEGMENTS_OF_A_LOG + parseInt(name.slice(16), 16);
