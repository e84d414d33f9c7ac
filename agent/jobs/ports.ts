import { statSync } from "node:fs";
import type { ApiPorts } from "../api/ports";
import { PhysicalPostgresql } from "../sources/postgresql-physical";
import { databaseHealth } from "../watch/databases";
import { backUp } from "./backup";
import { readHistory } from "./history";
import type { Queue } from "./queue";
import { refusalOf, restore } from "./restore";
import { sourceOf, type Setup } from "./setup";
import { verifyBackup } from "./verify";
import { warm, warms } from "./warm-up";

/** What may be asked of the agent from outside. */
export function portsOf(setup: Setup, queue: Queue): ApiPorts {
  return {
    sources: () =>
      setup.sources.map(({ name, entry, source }) => ({
        ...{ name, engine: entry.engine, warms: warms(setup, name) },
        types: source instanceof PhysicalPostgresql ? ["full", "incr", "diff"] : ["full"],
      })),
    startBackup: ({ sources, type, description }) => {
      const request = { type, trigger: "manual", ...(description === undefined ? {} : { description }) } as const;
      const all = sources.map((name) => sourceOf(setup, name));
      return Promise.resolve(
        queue.begin("backup", sources, (work) =>
          each(all, (one) => backUp(setup, one, request, one.repositories, work)),
        ),
      );
    },
    startRestore: async (order) => {
      const refusal = await refusalOf(setup, order);
      if (refusal) return { refusal };
      return queue.begin("restore", [order.backup.source], (work) => restore(setup, order, work));
    },
    startVerify: ({ backup, level }) =>
      Promise.resolve(queue.begin("verify", [backup.source], (work) => verifyBackup(setup, backup, level, work))),
    startWarmup: ({ sources }) =>
      Promise.resolve(queue.begin("warmup", sources, (work) => each(sources, (name) => warm(setup, name, work)))),
    job: queue.job,
    history: () => readHistory(setup),
    databases: () => databaseHealth(setup.config, setup.secret),
    missing: () => Promise.resolve(missing(setup).map(setup.redactor.text)),
  };
}

/** Each on its own: what is wrong with one is no reason to leave the others out. */
async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const reasons: string[] = [];
  for (const one of all) await work(one).catch((error: Error) => reasons.push(error.message));
  if (reasons.length > 0) throw new Error(reasons.join("\n"));
}

/** Cheap, because whoever knows the port may ask: what was seen last, and nothing that is asked for now. */
function missing({ config, sources, journal }: Setup): readonly string[] {
  const unserved = config.sources.filter(
    ({ name }) => !sources.some((one) => one.name === name || one.name.startsWith(`${name}.`)),
  );
  return [
    ...unserved.map(({ name, entry }) => `${name}: this site cannot back ${entry.engine} up`),
    ...config.repositories
      .filter(({ bucket }) => bucket.startsWith("/") && !statSync(bucket, { throwIfNoEntry: false }))
      .map(({ name }) => `repository ${name}: its bucket is not there`),
    ...[...journal.faults].map(([name, { reason }]) => `repository ${name}: ${reason}`),
  ];
}
