import * as path from "node:path";
import { Client } from "pg";
import { writeWhole } from "../../../engines/files";
import { binaries } from "../../../engines/postgres/binaries";
import { run } from "../../../engines/run";
import { serverUser } from "../../../engines/user";
import type { Backup } from "../../contract";
import { startScratch, untilReady } from "../scratch-server";
import { stagedForSocket } from "../../../engines/staging";
import { compareCensus, takeCensus } from "./census";
import { readSentinel } from "./sentinel";

/** A validation query of the plan. */
export interface Query {
  readonly name?: string | undefined;
  readonly sql: string;
  readonly atLeast?: number | undefined;
  readonly equals?: string | number | boolean | undefined;
}

/** A restored copy that answers to this process only: by a socket in a folder that nobody else may look into. */
export interface Copy {
  readonly socketFolder: string;
  readonly port: number;
  readonly connected: <T>(database: string, work: (client: Client) => Promise<T>) => Promise<T>;
}

const HOURS = 3_600_000;

/**
 * Starts a server on a data folder, hands it to `work` and ends it. It archives nothing, follows nobody, listens on no
 * network, and dies with this process.
 */
export function withServerOn<T>(dataFolder: string, work: (copy: Copy) => Promise<T>): Promise<T> {
  return stagedForSocket(async (socketFolder) => {
    writeWhole(path.join(socketFolder, "hba.conf"), "local all all trust\n"); // the folder itself is mode 0700
    const set = (name: string, value: string) => ["-c", `${name}=${value}`];
    const server = await startScratch(
      [
        path.join(binaries().folder, "postgres"),
        ...[
          "-D",
          dataFolder,
          "-p",
          "{port}",
          ...set("listen_addresses", ""),
          ...set("unix_socket_directories", socketFolder),
        ],
        ...[
          ...set("hba_file", path.join(socketFolder, "hba.conf")),
          ...set("archive_mode", "off"),
          ...set("primary_conninfo", ""),
        ],
        ...[...set("synchronous_standby_names", ""), ...set("primary_slot_name", ""), ...set("ssl", "off")],
        // It is thrown away: what it writes need not survive a power cut.
        ...[...set("fsync", "off"), ...set("full_page_writes", "off"), ...set("logging_collector", "off")],
      ],
      dataFolder,
    );
    try {
      const connected: Copy["connected"] = async (database, inner) => {
        const client = new Client({ host: socketFolder, port: server.port, user: "postgres", database });
        client.on("error", () => {});
        await client.connect();
        try {
          return await inner(client);
        } finally {
          await client.end().catch(() => {});
        }
      };
      const isWriter = () =>
        connected("postgres", async (client) => {
          const { rows } = await client.query<{ replaying: boolean }>("select pg_is_in_recovery() as replaying");
          if (rows[0]!.replaying) throw new Error("it still replays WAL");
        });
      await untilReady(server, isWriter, 12 * HOURS);
      return await work({ socketFolder, port: server.port, connected });
    } finally {
      await server.stop();
    }
  });
}

/** Compares a restored copy with what its backup says, runs the plan's queries, and has the engine check its own structures. */
export async function examine(
  copy: Copy,
  backup: Backup,
  database: string,
  queries: readonly Query[],
): Promise<string[]> {
  const reasons = await copy.connected(database, async (client) => {
    const { rows } = await takeCensus(client, Object.keys(backup.counts));
    const found = compareCensus(backup.counts, backup.details, rows);
    if (backup.sentinel !== undefined && (await readSentinel(client, backup.source)) !== backup.sentinel)
      found.push("the value written just before the backup is not in it");
    for (const query of queries) found.push(...(await ask(client, query)));
    return found;
  });
  const { socketFolder, port } = copy;
  const where = ["--host", socketFolder, "--port", String(port), "--username", "postgres", "--no-password"];
  await run(
    path.join(binaries().folder, "pg_amcheck"),
    [...where, "--install-missing", "--jobs=2", `--database=${database}`],
    {
      user: serverUser(),
      cwd: "/",
      timeoutMs: 12 * HOURS,
    },
  ).catch((error: Error) => reasons.push(`the engine finds damage: ${error.message}`));
  return reasons;
}

/** What is wrong with the answer to a validation query; nothing if it is as the plan says. */
export async function ask(client: Client, { name, sql, atLeast, equals }: Query): Promise<string[]> {
  const title = name ?? sql;
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
    const value = rows[0]?.[0];
    if (atLeast !== undefined && !(Number(value) >= atLeast))
      return [`${title}: must be ${atLeast} or more; got ${String(value)}`];
    if (equals !== undefined && String(value) !== String(equals))
      return [`${title}: must be ${equals}; got ${String(value)}`];
    return [];
  } catch (error) {
    return [`${title}: ${(error as Error).message}`];
  }
}
