import { statfsSync } from "node:fs";
import * as path from "node:path";
import { entryOf } from "../api/history";
import { evaluateRules, type Facts } from "../proof/rules";
import { certificatesIn } from "../sources/configuration";
import { merged, newest } from "./known";
import type { Queue } from "./queue";
import type { Setup } from "./setup";

export type Status = ReturnType<typeof statusOf>;

/** The facts that the rules judge, as they are just now. What cannot be told is left out. */
export function factsOf({ config, sources, journal }: Pick<Setup, "config" | "sources" | "journal">): Facts {
  const { attempts, known, gaps, faults, since } = journal;
  const unread = Object.fromEntries(config.repositories.map(({ name }) => [name, undefined]));
  return {
    sources: sources.map(({ name, entry, root = "/" }) => {
      const walGap = gaps.get(name);
      const watched = entry.engine === "configuration" ? (entry.certificates?.paths ?? []) : [];
      const certificates = attempt(() => certificatesIn(watched.map((one) => path.resolve(root, one))));
      return {
        ...{ source: name, repositories: known.get(name) ?? unread, attempts: attempts.get(name) ?? [] },
        ...{ since: since.toISOString(), minSize: entry.verify.minSize, ...(walGap ? { walGap } : {}) },
        ...(certificates ? { certificates } : {}),
      };
    }),
    repositories: config.repositories.map(({ name, bucket }) => {
      const fault = faults.get(name);
      const space = attempt(() => statfsSync(bucket));
      return { name, ...(space ? { freeBytes: space.bavail * space.bsize } : {}), ...(fault ? { fault } : {}) };
    }),
  };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** What `GET /status` says: each source's newest backup and proof, and every rule that does not hold. */
export function statusOf(setup: Setup, queue: Queue, now = new Date()) {
  const { config, journal, permission } = setup;
  const sources = setup.sources.map(({ name }) => {
    const held = Object.entries(journal.known.get(name) ?? {}).map(([place, known]) => [place, known ?? []] as const);
    const last = newest(merged(Object.fromEntries(held)));
    return [name, { newest: last ? entryOf(last) : null, last: journal.attempts.get(name)?.at(-1) ?? null }];
  });
  return {
    ...{ plan: config.plan, site: config.site, refusal: permission.refusal() ?? null },
    running: queue.running() ?? null,
    sources: Object.fromEntries(sources) as Readonly<Record<string, object>>,
    findings: evaluateRules(factsOf(setup), config.alerts.rules, now),
  };
}
