import type { DataEntry, Retention } from "../../plan";
import { worstGap } from "../../plan/schedule";
import { scheduleExpressions } from "./schedule";

const DAY = 86_400;
/** A vault is locked for no longer than what it keeps the shortest: snapshots between full ones must not make that a day. */
const SHORTEST = 7 * DAY;

/** One rule of an AWS Backup plan. */
export interface BackupRule {
  readonly name: string;
  readonly schedule: string;
  readonly timeZone: string;
  /** Days after which a recovery point is deleted: here, and in the other region. */
  readonly deleteAfter: number;
  readonly deleteCopyAfter: number;
}

type Entry = Pick<DataEntry, "retention"> & {
  readonly backup: { readonly full: string; readonly incremental?: string | undefined; readonly timeZone: string };
};

/**
 * The rules by which AWS Backup takes what a plan's schedule and retention ask for. Its snapshots are incremental by
 * themselves, so that the plan's incremental backups are snapshots too, kept until the next full one, or a week.
 * Weeks, months and years are backups of their own, at the time of day of the full one, kept for longer: a recovery point
 * has one age at which it goes, also the last one: the alarm on the age of backups comes long before.
 */
export function backupRulesOf({ backup, retention }: Entry): readonly BackupRule[] {
  const { full, incremental, timeZone } = backup;
  const [minute, hour] = firstTime(full);
  const gap = Math.min(worstGap([full], timeZone).wall, 366 * DAY);
  const kept = (name: string, cron: string, seconds: number) =>
    scheduleExpressions(cron).map((schedule, index): BackupRule => {
      const { local = seconds, remote = seconds } = retention;
      const days = (cap: number) => Math.max(1, Math.ceil(Math.min(seconds, cap) / DAY));
      return {
        ...{ name: index === 0 ? name : `${name}-${index + 1}`, schedule, timeZone },
        ...{ deleteAfter: days(local), deleteCopyAfter: days(remote) },
      };
    });
  const long = (name: string, cron: string, count: number, days: number) =>
    count > 0 ? kept(name, cron, count * days * DAY) : [];
  return [
    ...kept("full", full, dailyReach(retention, gap)),
    ...(incremental === undefined ? [] : kept("incremental", incremental, Math.max(gap, SHORTEST))),
    ...long("weekly", `${minute} ${hour} * * 0`, retention.weekly, 7),
    ...long("monthly", `${minute} ${hour} 1 * *`, retention.monthly, 31),
    ...long("yearly", `${minute} ${hour} 1 1 *`, retention.yearly, 366),
  ];
}

/** How long a full backup is kept: as many as the plan counts, however seldom one is taken; never less than to the next one. */
const dailyReach = ({ last, within = 0, daily }: Retention, gap: number) =>
  Math.max(within, daily * Math.max(DAY, gap), last * gap, gap + DAY);

/** When a schedule first runs on its days, for the backups that are kept longer. */
function firstTime(cron: string): readonly [minute: number, hour: number] {
  const [minute = "0", hour = "0"] = cron.split(" ");
  const first = (field: string) => Number(/\d+/.exec(field.replace(/^\*\/\d+/, "0"))?.[0] ?? 0);
  return [first(minute), first(hour)];
}
