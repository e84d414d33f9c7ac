import type { ParsedPlan } from "./schema/plan";
import type { Platform } from "./schema/sites";

type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** A plan after parsing: every default filled in, durations in seconds, sizes in bytes. Read-only, plain data. */
export type Plan = DeepReadonly<ParsedPlan>;
export type Site = Plan["sites"][string];
export type DataEntry = Plan["data"][string];
export type Engine = DataEntry["engine"];
export type PostgresqlData = Extract<DataEntry, { engine: "postgresql" }>;
export type MongodbData = Extract<DataEntry, { engine: "mongodb" }>;
export type RedisData = Extract<DataEntry, { engine: "redis" }>;
export type FilesData = Extract<DataEntry, { engine: "files" }>;
export type ConfigurationData = Extract<DataEntry, { engine: "configuration" }>;
export type Service = Plan["services"][string];
export type Retention = DataEntry["retention"];
export type Channel = Plan["alerts"]["channels"][string];
export type Scenario = Plan["scenarios"][string];
export type Drill = Plan["drills"][string];
export type { Platform };

/** Names of the sites in order of failover; the first is the live one at the start. */
export const siteNames = (plan: Plan): readonly string[] => Object.keys(plan.sites);

/** Fills in what depends on another part of the plan: each schedule's time zone. */
export function resolve(parsed: ParsedPlan): Plan {
  const zoned: { timeZone: string }[] = [
    ...Object.values(parsed.data).flatMap((entry) => [entry.backup, entry.verify]),
    ...Object.values(parsed.drills),
    ...Object.values(parsed.calendar),
  ];
  for (const part of zoned) part.timeZone ||= parsed.timeZone;
  return parsed;
}
