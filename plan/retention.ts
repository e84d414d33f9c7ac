import type { Duration } from "./duration";
import type { Retention } from "./plan";

const DAY = 86_400;

/** Whether a retention keeps any backup at all. */
export function keepsAnything({ last, within, daily, weekly, monthly, yearly }: Retention): boolean {
  return last + daily + weekly + monthly + yearly > 0 || (within ?? 0) > 0;
}

/** How far back a restore can reach, in seconds, once backups have been taken for long enough. `last` is not counted. */
export function reach({ within = 0, daily, weekly, monthly, yearly, remote }: Retention): Duration {
  const reached = Math.max(within, daily * DAY, weekly * 7 * DAY, monthly * 30 * DAY, yearly * 365 * DAY);
  return remote === undefined ? reached : Math.min(reached, remote);
}

/** A backup as retention sees it. */
export interface Kept {
  readonly id: string;
  /** When it was taken. */
  readonly time: Date;
  /** Whether it has been restored and found good. */
  readonly verified: boolean;
}

/**
 * Ids of the backups to keep: the newest of each day, week (from Monday), month and year that the retention asks for, in UTC,
 * the last few, the young ones, and always the newest verified one.
 */
export function keep(backups: readonly Kept[], retention: Retention, now: Date): ReadonlySet<string> {
  // Of two with one time (a clock was set back) the one that was listed later is the newer.
  const newestFirst = backups.toReversed().sort((a, b) => b.time.getTime() - a.time.getTime());
  const kept = new Set<string>(newestFirst.slice(0, retention.last).map(({ id }) => id));
  const age = ({ time }: Kept) => (now.getTime() - time.getTime()) / 1000;
  for (const backup of newestFirst) if (age(backup) < (retention.within ?? 0)) kept.add(backup.id);
  const periods: [count: number, of: (time: Date) => string][] = [
    [retention.daily, (time) => time.toISOString().slice(0, 10)],
    [retention.weekly, (time) => String(Math.floor((time.getTime() / 1000 / DAY + 3) / 7))],
    [retention.monthly, (time) => time.toISOString().slice(0, 7)],
    [retention.yearly, (time) => time.toISOString().slice(0, 4)],
  ];
  for (const [count, of] of periods) {
    const seen = new Set<string>();
    for (const { id, time } of newestFirst) {
      if (seen.size >= count) break;
      if (seen.has(of(time))) continue;
      seen.add(of(time));
      kept.add(id);
    }
  }
  if (retention.remote !== undefined) {
    for (const backup of newestFirst) if (age(backup) > retention.remote) kept.delete(backup.id);
  }
  const proven = newestFirst.find(({ verified }) => verified);
  if (proven) kept.add(proven.id);
  return kept;
}
