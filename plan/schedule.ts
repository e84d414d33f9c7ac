import { Cron, CronPattern } from "croner";
import type { Duration } from "./duration";

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
/** Gaps are looked for in two years with a leap day. Fixed, so that a plan is judged the same every day. */
const START = Date.UTC(2027, 0, 1) / 1000;
const DAYS = 731;

/** The reason why text is not a cron expression of five fields, or undefined if it is one. */
export function cronFault(cron: string): string | undefined {
  try {
    new CronPattern(cron, undefined, { mode: "5-part" });
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, "").replace(/^[A-Z]/, (c) => c.toLowerCase());
  }
}

/** Whether a time zone is one that this machine knows. */
export function isTimeZone(zone: string): boolean {
  if (zone === "UTC") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The first run after a moment, or undefined if the schedule never fires again. */
export function nextRun(cron: string, zone: string, after: Date): Date | undefined {
  return job(cron, zone).nextRun(after) ?? undefined;
}

/** Whether a schedule ever fires: `0 0 30 2 *` (30 February) does not. */
export function everFires(cron: string): boolean {
  return everyDay(cron) || midnights(cron).nextRun(new Date(START * 1000)) !== null;
}

/** The longest time without a run of a set of schedules. */
export interface Gap {
  /** Seconds, clock changes included. Infinity if the schedules do not fire twice in two years. */
  readonly worst: Duration;
  /** Seconds by the clock on the wall. */
  readonly wall: Duration;
}

const known = new Map<string, Gap>();

/** The worst gap between two runs of any of the schedules, over two years, clock changes included. Remembered: it never changes. */
export function worstGap(crons: readonly string[], zone: string): Gap {
  const key = [...crons, zone].join("|");
  const gap = known.get(key) ?? calculateGap(crons, zone);
  known.set(key, gap);
  return gap;
}

function calculateGap(crons: readonly string[], zone: string): Gap {
  const wall = wallGap(crons);
  if (!Number.isFinite(wall)) return { worst: wall, wall };
  const changes = clockChanges(zone);
  // Beyond a week the hour does not decide anything, and finding it exactly is slow.
  if (wall > 8 * DAY) return { worst: wall + (changes.length > 0 ? HOUR : 0), wall };
  const gaps = changes.map((at) => exactGap(crons, zone, at - wall - 2 * HOUR, at + wall + 2 * HOUR));
  return { worst: Math.max(wall, ...gaps), wall };
}

/** UTC goes by its offset: asking for it by name loads the time zone data, which costs a recovery 15 ms. */
const job = (cron: string, zone: string) =>
  new Cron(cron, { paused: true, mode: "5-part", ...(zone === "UTC" ? { utcOffset: 0 } : { timezone: zone }) });

const everyDay = (cron: string) => cron.split(" ").slice(2).join(" ") === "* * *";

/** Worst gap by the clock on the wall, in seconds. */
function wallGap(crons: readonly string[]): number {
  const schedules = crons.map((cron) => ({ minutes: minutesOfDay(cron), days: daysOf(cron) }));
  if (schedules.some(({ minutes, days }) => days === "all" && minutes.length === 1440)) return MINUTE;
  const merged = new Map<string, readonly number[]>();
  let worst = 0;
  let previous: number | undefined;
  let runs = 0;
  for (let day = 0; day < DAYS; day++) {
    const active = schedules.filter(({ days }) => days === "all" || days.has(day));
    if (active.length === 0) continue;
    const key = active.map((schedule) => schedules.indexOf(schedule)).join();
    let minutes = merged.get(key);
    if (!minutes) merged.set(key, (minutes = [...new Set(active.flatMap((s) => s.minutes))].sort((a, b) => a - b)));
    for (const minute of minutes) {
      const at = day * DAY + minute * MINUTE;
      if (previous !== undefined) worst = Math.max(worst, at - previous);
      previous = at;
      runs++;
    }
    // Every day alike: two days say it all.
    if (day === 1 && schedules.every(({ days }) => days === "all")) break;
  }
  return runs < 2 ? Infinity : worst;
}

function minutesOfDay(cron: string): number[] {
  const { hour, minute } = new CronPattern(cron, undefined, { mode: "5-part" });
  return hour.flatMap((on, h) => (on ? minute.flatMap((set, m) => (set ? [h * 60 + m] : [])) : []));
}

/** Days from the start on which a schedule runs. */
function daysOf(cron: string): "all" | ReadonlySet<number> {
  if (everyDay(cron)) return "all";
  const midnight = new Cron(`0 0 ${cron.split(" ").slice(2).join(" ")}`, {
    paused: true,
    mode: "5-part",
    utcOffset: 0,
  });
  const days = new Set<number>();
  for (let at = midnight.nextRun(new Date(START * 1000 - 1000)); at; at = midnight.nextRun(at)) {
    const day = (at.getTime() / 1000 - START) / DAY;
    if (day >= DAYS) break;
    days.add(day);
  }
  return days;
}

/** The days of a schedule, as runs at midnight UTC. */
const midnights = (cron: string) => job(`0 0 ${cron.split(" ").slice(2).join(" ")}`, "UTC");

/** Worst gap between real runs around a clock change. */
function exactGap(crons: readonly string[], zone: string, from: number, to: number): number {
  const runs = crons.flatMap((cron) => {
    const schedule = job(cron, zone);
    const found: number[] = [];
    let at = schedule.nextRun(new Date(from * 1000));
    while (at) {
      found.push(at.getTime() / 1000);
      if (at.getTime() / 1000 > to) break;
      at = schedule.nextRun(at);
    }
    return found;
  });
  // A rarer schedule's run past the end says nothing about the gaps before it.
  const sorted = runs.sort((a, b) => a - b);
  const end = sorted.findIndex((at) => at > to);
  const seen = end < 0 ? sorted : sorted.slice(0, end + 1);
  return Math.max(0, ...seen.slice(1).map((at, i) => at - (seen[i] ?? at)));
}

/** Moments in a year, in seconds, at which the zone's clocks change. */
function clockChanges(zone: string): number[] {
  if (zone === "UTC") return [];
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const offset = (at: number) => format.format(at * 1000).split("GMT")[1] ?? "";
  const week = 7 * DAY;
  const changes: number[] = [];
  for (let at = START; at < START + 366 * DAY; at += week) {
    if (offset(at) === offset(at + week)) continue;
    let [low, high] = [at, at + week];
    while (high - low > MINUTE) {
      const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
      if (offset(middle) === offset(low)) low = middle;
      else high = middle;
    }
    changes.push(high);
  }
  return changes;
}
