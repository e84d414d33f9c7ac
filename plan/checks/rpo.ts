import { formatDuration, type Duration } from "../duration";
import { protectionsOf, statedFor, type Protection, type Stated } from "../objectives";
import type { DataEntry, Plan } from "../plan";
import type { Finding } from "./finding";

/** Every recovery point objective against what the data's protections can lose. */
export function* rpo(plan: Plan): Iterable<Finding> {
  for (const [name, entry] of Object.entries(plan.data)) {
    const at = ["data", name, "backup"];
    const stated = statedFor(plan, entry.class, "rpo");
    const best = protectionsOf(entry)[0];
    if (!stated) {
      const message = `no rpo holds for it; state ${entry.class === "full" ? "" : `objectives.${entry.class}.rpo or `}objectives.full.rpo`;
      yield { at: ["data", name], message, doubt: true };
    } else if (!best) {
      const message = `backups stay at the site that is lost (offsite: false) and cannot meet rpo ${formatDuration(stated.seconds)}; set offsite: true`;
      yield { at, message };
    } else if (best.loss > stated.seconds) {
      const wayOut = way(entry, best, stated.seconds, stated.class);
      yield { at, message: `${best.words} cannot meet rpo ${formatDuration(stated.seconds)}; ${wayOut}` };
    }
    if (entry.engine === "postgresql" && entry.backup.archive === "continuous" && entry.backup.archiveTimeout === 0) {
      const message =
        "0s is never to PostgreSQL: the newest writes would wait until a segment is full; say how long, such as 60s";
      yield { at: [...at, "archiveTimeout"], message };
    }
    if (entry.engine === "files" && entry.replicate === "continuous")
      yield* continuous(name, entry, best && stated && best.loss <= stated.seconds ? stated : undefined);
    yield* doubts(plan, name, entry);
  }
}

/** Copies of changes go to the other site, and someone is told that they are late while the objective can still be kept. */
function* continuous(name: string, entry: Extract<DataEntry, { engine: "files" }>, kept?: Stated): Iterable<Finding> {
  if (!entry.backup.offsite) {
    const message =
      "continuous copies go to the other site, and offsite: false keeps backups here; leave one of them out";
    yield { at: ["data", name, "replicate"], message };
  }
  if (kept && entry.replicateLag >= kept.seconds) {
    const message = `at ${formatDuration(entry.replicateLag)} behind, rpo ${formatDuration(kept.seconds)} is used up when someone is told; lower it`;
    yield { at: ["data", name, "replicateLag"], message };
  }
}

/** What would make the objective true. */
function way(entry: DataEntry, best: Protection, target: Duration, stated: string): string {
  const within = formatDuration(target);
  const allow = `allow more loss (objectives.${stated}.rpo)`;
  switch (entry.engine) {
    case "postgresql":
      if (target === 0) return "only a synchronous replica (replica: synchronous) loses nothing";
      if (best.by === "replica") return `lower replicaLag to ${within} or less, or make the replica synchronous`;
      if (best.by === "archive") return `lower backup.archiveTimeout to ${within} or less, or add a replica`;
      return "archive WAL (backup.archive: continuous) or add a replica";
    case "files":
      if (best.by === "copy") return `lower replicateLag to ${within} or less, or ${allow}`;
      if (target === 0) return allow;
      return `copy changes as they happen (replicate: continuous), back up every ${within} or more often, or ${allow}`;
    case "configuration":
      return `keep it in version control (versionControlled: true)${target === 0 ? "" : `, back up every ${within} or more often`}, or ${allow}`;
    default:
      return target === 0 ? allow : `back up every ${within} or more often (backup.full), or ${allow}`;
  }
}

function* doubts(plan: Plan, name: string, entry: DataEntry): Iterable<Finding> {
  if (entry.engine === "postgresql" && entry.replica !== "none" && entry.backup.archive === "none") {
    const message =
      "a replica repeats a mistaken DELETE at once; backup.archive: continuous lets you restore the moment before it";
    yield { at: ["data", name, "replica"], message, doubt: true };
  }
  if (!entry.backup.offsite) {
    const message = "backups are lost with the site (offsite: false)";
    yield { at: ["data", name, "backup", "offsite"], message, doubt: true };
  }
  const schedule = protectionsOf(entry).find(({ by }) => by === "schedule");
  const { backupAge } = plan.alerts.rules;
  if (schedule && backupAge.enabled && Number.isFinite(schedule.loss) && schedule.loss > backupAge.above) {
    const message = `${formatDuration(backupAge.above)} rings between the backups of data.${name} (${schedule.words}); allow more than ${formatDuration(schedule.loss)}`;
    yield { at: ["alerts", "rules", "backupAge", "above"], message, doubt: true };
  }
}
