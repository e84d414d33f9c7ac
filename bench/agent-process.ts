import type { Backup, BackupType } from "../agent/contract";
import "../agent/jobs"; // all that an agent has loaded is its memory too
import { prove, takeBackup } from "../agent/jobs/work";
import { createLog } from "../agent/log";
import { ResticRepository } from "../agent/repository/restic";
import type { ResticPlace } from "../agent/repository/restic-command";
import { PhysicalPostgresql, type PhysicalOptions } from "../agent/sources/postgresql-physical";
import * as cluster from "../engines/postgres/cluster";
import type { ServerSettings } from "../engines/postgres/settings";
import { connected, type Endpoint } from "../engines/postgres/sql";
import { parsePlan } from "../plan";

/** One piece of the agent's work, done in a process of its own so that its memory can be told from the bench's. */
export type Work =
  | { readonly do: "backup"; readonly type: BackupType }
  | { readonly do: "prove"; readonly backup: Backup; readonly scratchFolder: string }
  | { readonly do: "restore"; readonly backup: Backup; readonly folder: string; readonly settings: ServerSettings };

export interface Job {
  readonly place: ResticPlace;
  readonly physical: PhysicalOptions;
  readonly work: Work;
}

export interface Done {
  readonly seconds: number;
  readonly backup?: Backup;
  /** Of that: reading the backup back. */
  readonly readBackSeconds?: number;
}

/** No rule of a plan is measured here, but an entry must come from one. */
const PLAN = `
name: bench
sites: { prod: { platform: local }, dr: { platform: local } }
objectives: { full: { rto: 4h, rpo: 24h } }
data: { bench: { engine: postgresql, database: shop, backup: { full: 0 2 * * * } } }
services: { web: { port: 8000 } }
dns: { zone: shop.test, name: app.shop.test }
`;

const silent = () => {};
const tools = (scratchFolder: string) => ({ log: createLog({ level: "silent" }), scratchFolder, onProgress: silent });

async function doWork({ place, physical, work }: Job): Promise<Omit<Done, "seconds">> {
  const source = new PhysicalPostgresql(physical);
  const repository = new ResticRepository(place);
  if (work.do === "backup") {
    const { data } = parsePlan(PLAN, "the bench's plan");
    const request = { type: work.type, trigger: "manual" } as const;
    const { backup, verdict } = await takeBackup({ source, entry: data["bench"]! }, request, repository, tools(""));
    if (backup.type !== work.type) throw new Error(`asked for ${work.type}, and it became ${backup.type}`);
    return { backup, readBackSeconds: verdict.seconds };
  }
  if (work.do === "prove") {
    const verdict = await prove(source, work.backup, repository, tools(work.scratchFolder));
    if (!verdict.verified) throw new Error(verdict.reasons.join("; "));
    return {};
  }
  const { backup, folder, settings } = work;
  await source.restore(backup, repository, { target: cluster.dataFolder(folder), drop: false }, silent);
  cluster.configure(folder, settings);
  await cluster.start(folder);
  await answered({ address: settings.address, port: settings.port, keysFolder: physical.stanza.keysFolder }, physical);
  return {};
}

/** Until a query on the data is answered by a server that takes writes. */
async function answered(endpoint: Endpoint, { database }: PhysicalOptions): Promise<void> {
  await connected({ ...endpoint, database }, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ writer: boolean }>(
        "select not pg_is_in_recovery() as writer, (select max(id) from notes)",
      );
      if (rows[0]!.writer) return;
      await new Promise((r) => setTimeout(r, 10));
    }
  });
}

async function main(): Promise<void> {
  const job = JSON.parse(process.env.DR_BENCH_JOB!) as Job;
  const began = process.hrtime.bigint();
  const done = await doWork(job);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  process.stdout.write(`${JSON.stringify({ seconds, ...done })}\n`);
  process.stdin.resume(); // what it has cost is looked at while it lives
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
