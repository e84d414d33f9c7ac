import * as path from "node:path";
import { makeFolder } from "../../engines/files";
import type { AgentConfig } from "../config";
import type { Progress, ReadableRepository } from "../contract";
import type { Log } from "../log";
import type { Metrics } from "../metrics";
import type { Redactor } from "../redaction";
import { forgetLeftOut } from "./left-out";
import type { ResticRepository } from "../repository/restic";
import { inheritedIn, readOnly, repositoryOf } from "../repository/stores";
import type { ReadSecret } from "../secrets";
import { sourcesOf, type Built } from "../sources/build";
import { Journal } from "./journal";
import { createPermission, type Permission } from "./permission";
import type { Work } from "./queue";
import type { Tools } from "./work";

/** A source under its own name: one entry of the plan may have several. */
export type Named = Built & {
  readonly name: string;
  /** Where its backups go: everywhere, or to the site's own alone if the plan wants nothing of it elsewhere. */
  readonly repositories: readonly ResticRepository[];
};

export const JOB_METRICS = [
  ...(["backupEnded", "verifyEnded", "restoreEnded", "jobStarted", "jobEnded", "epoch", "walGap"] as const),
] as const;
/** What jobs tell of themselves in numbers. */
export type JobMetrics = Pick<Metrics, (typeof JOB_METRICS)[number]>;

export interface JobsOptions {
  readonly config: AgentConfig;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly secret: ReadSecret;
  /** @default - nobody counts */
  readonly metrics?: JobMetrics;
  /** Told after each job, once what the repositories hold was looked at anew. */
  readonly onJobEnded?: () => void;
}

/** What all jobs work with. */
export interface Setup extends Required<Omit<JobsOptions, "onJobEnded">> {
  readonly sources: readonly Named[];
  /** The site's own first. */
  readonly repositories: readonly ResticRepository[];
  /** What other sites backed up and lies here. */
  readonly inherited: readonly ReadableRepository[];
  readonly journal: Journal;
  readonly permission: Permission;
}

const UNCOUNTED = Object.fromEntries(JOB_METRICS.map((name) => [name, () => {}])) as unknown as JobMetrics;

export function setUp({ config, log, redactor, secret, metrics = UNCOUNTED }: JobsOptions): Setup {
  const { folder } = config;
  makeFolder(folder);
  for (const repository of forgetLeftOut(config)) log.info("repository-forgotten", { repository });
  const repositories = config.repositories.map((one) => repositoryOf(config, one, secret));
  const named = (built: Built): Named => {
    const { offsite } = built.entry.backup;
    return { ...built, name: built.source.name, repositories: offsite ? repositories : repositories.slice(0, 1) };
  };
  return {
    ...{ config, log, redactor, secret, metrics, repositories },
    inherited: inheritedIn(config).map((one) => readOnly(config, one, secret)),
    sources: config.sources.flatMap((one) => sourcesOf(config, one, secret).map(named)),
    journal: new Journal(folder),
    permission: createPermission(config, ({ site, epoch }) => metrics.epoch(site, epoch)),
  };
}

export function sourceOf({ sources }: Setup, name: string): Named {
  const one = sources.find((source) => source.name === name);
  if (one) return one;
  throw new Error(`the plan has no source ${name}; it has ${sources.map((source) => source.name).join(", ")}`);
}

export const toolsOf = ({ config, log }: Setup, { onProgress, refuseIfEnding }: Work): Tools => ({
  ...{ log, scratchFolder: path.join(config.folder, "scratch") },
  ...{ onProgress: (progress: Progress) => onProgress(progress), refuseIfEnding },
});
