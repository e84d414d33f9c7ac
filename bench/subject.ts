import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { bundlePath } from "../engines/bundle";
import { keyFile } from "../engines/keys";
import { binaries } from "../engines/postgres/binaries";
import { dataFolder, runningPid } from "../engines/postgres/cluster";
import type { Endpoint } from "../engines/postgres/sql";
import { protectedPostgres } from "../test/helpers/protected-postgres";
import { until } from "../test/helpers/workspace";
import type { Done, Job, Work } from "./agent-process";
import { fillTables, fingerprint } from "./backup/data";
import { measure, readBy, shellArm, type Cost } from "./measure";

/** A server with data that ships its WAL to two buckets, and what an arm needs to back it up or bring it back. */
export async function makeSubject(sizeMiB: number) {
  const at = await protectedPostgres();
  try {
    await at.connected((client) => fillTables(client, sizeMiB));
  } catch (error) {
    await at.stop();
    throw error;
  }
  const server = path.join(at.folder, "server");
  const { keysFolder } = at.options.stanza;
  const postmaster = runningPid(server)!;
  const place: Job["place"] = {
    ...{ name: "own", url: path.join(at.bucket("own"), "restic"), passwordFile: keyFile(keysFolder, "restic") },
    cacheFolder: path.join(at.folder, "agent/cache"),
  };
  await at.repository(); // made before the first arm, as it is in the second month
  const program = bundlePath("bench/agent-process.ts");

  return {
    ...at,
    keysFolder,
    dataFolder: dataFolder(server),
    file: (...parts: string[]) => path.join(at.folder, ...parts),
    fingerprint: () => at.connected(fingerprint),

    /** One piece of the agent's work, in a process of its own. */
    agent(work: Work): Promise<{ answer: Done; cost: Cost }> {
      const job: Job = { place, physical: at.options, work };
      return measure<Done>([process.execPath, program], { DR_BENCH_JOB: JSON.stringify(job) });
    },

    /** One line of shell, as the documents have it. */
    async shell(line: string): Promise<Cost> {
      return (await measure(shellArm(line), { PGPASSFILE: at.options.stanza.passFile! })).cost;
    },

    /** What this server reads while `work` goes on: of tables, and by its archiver. */
    async serverReads(work: () => Promise<unknown>): Promise<number> {
      const before = readBy(postmaster);
      await work();
      await alone(at.query);
      return readBy(postmaster) - before;
    },

    /** Everything that was written is on disk and in the archives, and nobody works on it. */
    async settle(): Promise<void> {
      await at.query("checkpoint");
      const [last] = await at.query<{ wal: string }>("select pg_walfile_name(pg_switch_wal()) as wal");
      const archived = async () => {
        const [seen] = await at.query<{ wal: string | null }>("select last_archived_wal as wal from pg_stat_archiver");
        return (seen!.wal ?? "") >= last!.wal;
      };
      await until(`${last!.wal} to reach the archives`, archived, 600_000);
    },
  };
}

export type Subject = Awaited<ReturnType<typeof makeSubject>>;

/** Waits until the server has no client but this one: only of those that have ended it has counted what they read. */
async function alone(query: Subject["query"]): Promise<void> {
  const others = async () => {
    const [found] = await query<{ n: string }>(
      "select count(*) as n from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    );
    return Number(found!.n);
  };
  await until("the server's clients to leave", async () => (await others()) === 0, 60_000);
}

/** Bytes that a folder's files take, as they say of themselves. */
export const sizeOf = (folder: string): number =>
  Number(execFileSync("du", ["--summarize", "--bytes", folder], { encoding: "utf8" }).split("\t")[0]);

/** A client program with the login of a server, for a line of shell. */
export const client = (program: string, { address, port }: Endpoint, database: string) =>
  `'${path.join(binaries().folder, program)}' -h ${address} -p ${port} -U postgres -d ${database}`;
