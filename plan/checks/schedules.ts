import { nearest } from "../nearest";
import type { Plan } from "../plan";
import { cronFault, everFires, isTimeZone } from "../schedule";
import type { Finding } from "./finding";

interface Scheduled {
  readonly at: readonly PropertyKey[];
  readonly cron: string;
  /** Run by whatever the platform has, not by pulumi-dr. */
  readonly byPlatform: boolean;
}

/** Every schedule is cron, fires, and is in a time zone that exists. */
export function* schedules(plan: Plan): Iterable<Finding> {
  yield* zones(plan);
  for (const { at, cron, byPlatform } of schedulesOf(plan)) {
    const fault = cronFault(cron);
    if (fault) {
      yield { at, message: `must be a cron expression (minute hour day month weekday); got "${cron}": ${fault}` };
      continue;
    }
    if (!everFires(cron)) {
      yield { at, message: `never fires; got "${cron}". Look at the day (third field) and the month (fourth)` };
      continue;
    }
    const [, , day = "*", , weekday = "*"] = cron.split(" ");
    if (
      byPlatform &&
      !/^[\d*,/ -]*$/.test(
        cron.replace(/\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)\b/gi, ""),
      )
    ) {
      yield {
        at,
        message: `L, W, ? and # are not cron on every platform (Kubernetes has none of them); got "${cron}". List the days`,
      };
    } else if (day !== "*" && weekday !== "*") {
      yield {
        at,
        message: `"${cron}" runs on day ${day} of the month and also on weekday ${weekday}; leave one of them *`,
        doubt: true,
      };
    }
  }
}

/** Whether every time zone exists. The checks that calculate with zones need this. */
export function* zones(plan: Plan): Iterable<Finding> {
  const stated: [PropertyKey[], string][] = [[["timeZone"], plan.timeZone]];
  for (const [name, { backup, verify }] of Object.entries(plan.data)) {
    stated.push(
      [["data", name, "backup", "timeZone"], backup.timeZone],
      [["data", name, "verify", "timeZone"], verify.timeZone],
    );
  }
  for (const [name, { timeZone }] of Object.entries(plan.drills)) stated.push([["drills", name, "timeZone"], timeZone]);
  for (const [name, { timeZone }] of Object.entries(plan.calendar))
    stated.push([["calendar", name, "timeZone"], timeZone]);
  const seen = new Set<string>();
  for (const [at, zone] of stated) {
    // A zone that was inherited is refused once, where it is written.
    if (seen.has(zone)) continue;
    seen.add(zone);
    if (isTimeZone(zone)) continue;
    const near = nearest(zone, ["UTC", ...Intl.supportedValuesOf("timeZone")]);
    yield {
      at,
      message: `must be an IANA time zone such as Europe/Berlin; got ${JSON.stringify(zone)}${near ? `; did you mean ${near}?` : ""}`,
    };
  }
}

function* schedulesOf(plan: Plan): Iterable<Scheduled> {
  for (const [name, entry] of Object.entries(plan.data)) {
    for (const key of ["full", "incremental", "differential", "dump"] as const) {
      const cron = (entry.backup as Partial<Record<typeof key, string>>)[key];
      if (cron !== undefined) yield { at: ["data", name, "backup", key], cron, byPlatform: true };
    }
    yield { at: ["data", name, "verify", "integrity"], cron: entry.verify.integrity, byPlatform: true };
    yield { at: ["data", name, "verify", "restore"], cron: entry.verify.restore, byPlatform: true };
  }
  for (const [name, { schedule }] of Object.entries(plan.drills))
    yield { at: ["drills", name, "schedule"], cron: schedule, byPlatform: false };
  for (const [name, { schedule }] of Object.entries(plan.calendar))
    yield { at: ["calendar", name, "schedule"], cron: schedule, byPlatform: false };
}
