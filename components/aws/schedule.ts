import { CronPattern } from "croner";

const ANY = 0b111111;
const LAST = 0b100000;

/**
 * The expressions by which EventBridge Scheduler and AWS Backup run what a plan's cron says, in the same time zone. More
 * than one where the plan restricts both the day of the month and the weekday, either of which may hold: theirs take one of
 * the two, and one `#`, `L` or `W`.
 * Throws where both must hold, which they cannot say.
 *
 * @example scheduleExpressions("0 2 * * 1-5") // ["cron(0 2 ? * 2-6 *)"]
 */
export function scheduleExpressions(cron: string): readonly string[] {
  const pattern = new CronPattern(cron, undefined, { mode: "5-part" });
  const { starDOM, starDOW, useAndLogic } = pattern;
  if (useAndLogic && !starDOM && !starDOW)
    throw new Error(
      `a schedule must not ask for a day of the month and a weekday at once (+) on aws, which cannot say it; got ${cron}`,
    );
  const time = `${listOf(pattern.minute, 0)} ${listOf(pattern.hour, 0)}`;
  const months = listOf(pattern.month, 1);
  if (starDOM && starDOW) return [`cron(${time} * ${months} ? *)`];
  return [
    ...(starDOM ? [] : daysOf(pattern).map((days) => `cron(${time} ${days} ${months} ? *)`)),
    ...(starDOW ? [] : weekdaysOf(pattern).map((weekdays) => `cron(${time} ? ${months} ${weekdays} *)`)),
  ];
}

function daysOf({ day, lastDayOfMonth, lastWeekday, nearestWeekdays }: CronPattern): readonly string[] {
  return [
    ...(day.some(Boolean) ? [listOf(day, 1)] : []),
    ...(lastDayOfMonth ? ["L"] : []),
    ...(lastWeekday ? ["LW"] : []),
    ...nearestWeekdays.flatMap((on, index) => (on ? [`${index + 1}W`] : [])),
  ];
}

/** Cron's weekdays begin with Sunday as 0, theirs as 1. */
function weekdaysOf({ dayOfWeek }: CronPattern): readonly string[] {
  const every = dayOfWeek.map((weeks) => (weeks === ANY ? 1 : 0));
  const some = dayOfWeek.flatMap((weeks, day) =>
    weeks === ANY
      ? []
      : [
          ...[1, 2, 3, 4, 5].flatMap((nth) => (weeks & (1 << (nth - 1)) ? [`${day + 1}#${nth}`] : [])),
          ...(weeks & LAST ? [`${day + 1}L`] : []),
        ],
  );
  return [...(every.some(Boolean) ? [listOf(every, 1)] : []), ...some];
}

/** What is set, as ranges: `0-4,7`; all of it as a star. */
function listOf(set: readonly number[], first: number): string {
  if (set.every(Boolean)) return "*";
  const ranges: [from: number, to: number][] = [];
  set.forEach((on, index) => {
    const last = ranges.at(-1);
    if (!on) return;
    if (last?.[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  });
  return ranges.map(([from, to]) => (from === to ? `${from + first}` : `${from + first}-${to + first}`)).join(",");
}
