import { nearest } from "../../plan/nearest";
import type { BackupType } from "../contract";
import { newestVerified } from "./history";
import type { ApiPorts, Held, History, SourceInfo, Started } from "./ports";
import { Problem } from "./problem";

/** What callers say, and the seeds' documents, for the three kinds of backup. */
export const TYPES: Readonly<Record<string, BackupType>> = {
  ...{ full: "full", incr: "incr", incremental: "incr", diff: "diff", differential: "diff" },
};

/** The source of that name. */
export function sourceNamed(sources: readonly SourceInfo[], name: string): SourceInfo {
  const source = sources.find((one) => one.name === name);
  if (source) return source;
  const names = sources.map((one) => one.name);
  const meant = nearest(name, names);
  throw new Problem(
    422,
    "unknown-source",
    `the plan protects nothing that is called ${JSON.stringify(name)}`,
    `${meant ? `Did you mean ${meant}? ` : ""}It protects: ${names.join(", ")}.`,
    { faults: [{ field: "source", rule: "must be a source of the plan", got: name }] },
  );
}

/** The sources that a backup is asked of: one, or all that can take this kind. */
export function sourcesFor(sources: readonly SourceInfo[], name: string | undefined, type: BackupType): string[] {
  const asked = name === undefined ? sources : [sourceNamed(sources, name)];
  const able = asked.filter(({ types }) => types.includes(type));
  if (able.length > 0) return able.map((one) => one.name);
  const can = [...new Set(asked.flatMap(({ types }) => types))];
  throw new Problem(
    422,
    "not-possible",
    `${name ?? "none of the plan's sources"} takes no ${type} backup`,
    `Ask for ${can.join(" or ") || "another source"}.`,
    { faults: [{ field: "type", rule: "must be a kind of backup that the source takes", got: type }] },
  );
}

/** The backup of that id; `latest` is the newest that was proven of a source. */
export function backupNamed({ held: all, unread }: History, id: string, source: string | undefined): Held {
  const held =
    id !== "latest"
      ? all.find(({ backup }) => backup.id === id)
      : source === undefined
        ? undefined
        : newestVerified(all, source);
  if (held) return held;
  if (id === "latest" && source === undefined)
    throw new Problem(422, "not-possible", "latest is said of a source", 'Add "source", or name a backup by its id.', {
      faults: [{ field: "source", rule: "must be given with backupId latest" }],
    });
  throw new Problem(
    404,
    "not-found",
    [
      id === "latest" ? `${source} has no verified backup` : `no repository holds a backup ${JSON.stringify(id)}`,
      ...unread,
    ].join("; "),
    "GET /api/v1/system/backup/history lists all backups, newest first.",
    { faults: [{ field: "backupId", rule: "must be the id of a backup", got: id }] },
  );
}

/** A proof is kept beside the backup: one in a repository that is not written here cannot have a new one. */
export function refuseInherited({ backup, repositories, inherited }: Held): void {
  if (!inherited) return;
  const rule = "must not be of a backup that is only read here";
  throw new Problem(
    422,
    "not-possible",
    `${backup.id} was taken at ${backup.site} and lies in ${repositories.join(", ")}, which this site reads and never writes: no proof of it is kept here`,
    "To see that it comes back, restore it into another place.",
    { faults: [{ field: "backupId", rule, got: backup.id }] },
  );
}

/** The answer to whoever asked for long work: where to follow it. */
export function followed(started: Started): { readonly status: 202; readonly location: string; readonly body: object } {
  if ("busy" in started) {
    const { id, kind, sources } = started.busy;
    throw new Problem(
      409,
      "already-running",
      `a ${kind} of ${sources.join(", ")} already runs`,
      `Follow it at ${jobPath(id)}, and ask again once it has ended.`,
      { members: { job: id }, headers: { location: jobPath(id) } },
    );
  }
  const { job } = started;
  return { status: 202, location: jobPath(job.id), body: { ...job, href: jobPath(job.id) } };
}

export const jobPath = (id: string) => `/api/v1/system/jobs/${encodeURIComponent(id)}`;

/** The sources whose cache is to be warmed up: one, or all that the plan says how to warm. */
export function warmable(ports: ApiPorts, name: string | undefined): string[] {
  const sources = ports.sources();
  const asked = name === undefined ? sources : [sourceNamed(sources, name)];
  const able = asked.filter(({ warms }) => warms);
  if (able.length > 0) return able.map((one) => one.name);
  throw new Problem(
    422,
    "not-possible",
    `the plan does not say how the cache of ${name ?? "any source"} is warmed up`,
    "Say it in the plan, under data.<name>.warm of a Redis.",
  );
}
