import type { DataEntry } from "../../plan";
import { nextRun } from "../../plan/schedule";
import type { BackupType } from "../contract";

/** Something that is done by the clock. */
export interface Task {
  readonly source: string;
  readonly kind: BackupType | "integrity" | "restore";
  readonly cron: string;
  readonly timeZone: string;
}

/** What the plan wants to be done for an entry. */
export function tasksOf(source: string, { engine, backup, verify }: DataEntry): readonly Task[] {
  const task = (kind: Task["kind"], cron: string | undefined, timeZone: string): Task[] =>
    cron === undefined ? [] : [{ source, kind, cron, timeZone }];
  return [
    ...task("full", backup.full, backup.timeZone),
    ...(engine === "postgresql" ? task("diff", backup.differential, backup.timeZone) : []),
    ...(engine === "postgresql" ? task("incr", backup.incremental, backup.timeZone) : []),
    ...task("integrity", verify.integrity, verify.timeZone),
    ...task("restore", verify.restore, verify.timeZone),
  ];
}

/**
 * When a task fell due that was last done at `last`; undefined if it has not. One rule for every case: a run that was
 * missed while nobody was there is due at once, once. A last run that lies in the future is a clock that was wrong.
 */
export function dueAt({ cron, timeZone }: Task, last: Date, now: Date): Date | undefined {
  if (last > now) return now;
  const due = nextRun(cron, timeZone, last);
  return due && due <= now ? due : undefined;
}

const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;

/** Milliseconds to wait after failure number `failures` (1 for the first): doubled each time, up to an hour. */
export const retryAfter = (failures: number) => Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
