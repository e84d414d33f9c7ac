import { formatDuration, type Duration } from "./duration";
import type { DataEntry, Plan } from "./plan";
import { worstGap } from "./schedule";
import type { ObjectiveClass } from "./schema/objectives";
import type { Size } from "./size";

/** An objective with the place in the plan that states it. */
export interface Stated {
  readonly seconds: Duration;
  readonly class: ObjectiveClass;
}

/** The objective that holds for a class: its own, else the whole system's (`full`). Undefined if neither states it. */
export function statedFor(plan: Plan, of: ObjectiveClass, which: "rto" | "rpo"): Stated | undefined {
  for (const name of [of, "full"] as const) {
    const seconds = plan.objectives[name]?.[which];
    if (seconds !== undefined) return { seconds, class: name };
  }
  return undefined;
}

/** The recovery time that holds for data of a size: the first band that is large enough, else the class's own. */
export function rtoForSize(plan: Plan, of: ObjectiveClass, size: Size): Duration | undefined {
  return plan.objectives[of]?.bySize.find(({ upTo }) => size <= upTo)?.rto ?? statedFor(plan, of, "rto")?.seconds;
}

/** One way in which data survives the loss of its site, with the most that it can lose. */
export interface Protection {
  readonly by: "version control" | "replica" | "copy" | "archive" | "schedule";
  /** The most that can be lost, in seconds. */
  readonly loss: Duration;
  /** The same in words: `an incremental every 4h`. */
  readonly words: string;
}

/**
 * Every way in which an entry survives the loss of its site, the best first. Empty: it is lost with the site.
 * A replica's loss is bounded by the lag at which someone is told; a schedule's by the worst gap between its runs.
 */
export function protectionsOf(entry: DataEntry): readonly Protection[] {
  const ways: Protection[] = [];
  if (entry.engine === "postgresql") {
    if (entry.replica === "synchronous") ways.push({ by: "replica", loss: 0, words: "a synchronous replica" });
    if (entry.replica === "streaming") {
      const words = `a replica that may lag ${formatDuration(entry.replicaLag)}`;
      ways.push({ by: "replica", loss: entry.replicaLag, words });
    }
    if (entry.backup.archive === "continuous" && entry.backup.offsite) {
      const words = `an archive timeout of ${formatDuration(entry.backup.archiveTimeout)}`;
      ways.push({ by: "archive", loss: entry.backup.archiveTimeout, words });
    }
  }
  if (entry.engine === "configuration" && entry.versionControlled) {
    ways.push({ by: "version control", loss: 0, words: "version control" });
  }
  if (entry.engine === "files" && entry.replicate === "continuous") {
    const words = `a continuous copy that may lag ${formatDuration(entry.replicateLag)}`;
    ways.push({ by: "copy", loss: entry.replicateLag, words });
  }
  if (entry.backup.offsite) ways.push(scheduleOf(entry));
  return ways.sort((a, b) => a.loss - b.loss);
}

/** The backups' schedules together, named after the one that runs most often. */
function scheduleOf(entry: DataEntry): Protection {
  const { timeZone } = entry.backup;
  const kinds: [words: string, cron: string | undefined][] = [["a full backup", entry.backup.full]];
  if (entry.engine === "postgresql") {
    kinds.push(
      ["a differential", entry.backup.differential],
      ["an incremental", entry.backup.incremental],
      ["a dump", entry.backup.dump],
    );
  }
  const schedules = kinds.flatMap(([words, cron]) =>
    cron === undefined ? [] : [{ words, cron, gap: worstGap([cron], timeZone) }],
  );
  const together =
    schedules.length > 1
      ? worstGap(
          schedules.map(({ cron }) => cron),
          timeZone,
        )
      : schedules[0]?.gap;
  const best = schedules.sort((a, b) => a.gap.worst - b.gap.worst)[0];
  if (!best || !together) return { by: "schedule", loss: Infinity, words: "no schedule" };
  if (!Number.isFinite(together.worst)) {
    return { by: "schedule", loss: Infinity, words: `${best.words} less than once a year` };
  }
  const change =
    together.worst > together.wall ? ` (${formatDuration(together.worst)} when clocks change in ${timeZone})` : "";
  return {
    by: "schedule",
    loss: together.worst,
    words: `${best.words} every ${formatDuration(together.wall)}${change}`,
  };
}
