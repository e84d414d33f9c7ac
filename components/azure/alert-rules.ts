import type { Plan } from "../../plan";

type Alerts = Plan["alerts"];
export type RuleName = keyof Alerts["rules"];

/** A rule that Azure Monitor can watch by a metric of a resource. */
export interface Watched {
  readonly rule: RuleName;
  readonly metric: string;
  readonly operator: "GreaterThan" | "LessThan";
  readonly threshold: number;
  readonly aggregation: "Average" | "Maximum" | "Minimum";
}

/** @see https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-dbforpostgresql-flexibleservers-metrics */
export const databaseRules = ({ rules }: Alerts, standby: boolean): readonly Watched[] => [
  { rule: "databaseDown", metric: "is_db_alive", operator: "LessThan", threshold: 1, aggregation: "Maximum" },
  above("cpu", "cpu_percent", rules.cpu.above),
  above("memory", "memory_percent", rules.memory.above),
  above("disk", "storage_percent", rules.disk.above),
  ...(standby
    ? [above("replicationLag", "physical_replication_delay_in_seconds", rules.replicationLag.above, "Maximum")]
    : []),
];

/** @see https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-app-containerapps-metrics */
export const serviceRules = ({ rules }: Alerts): readonly Watched[] => [
  { rule: "serviceDown", metric: "Replicas", operator: "LessThan", threshold: 1, aggregation: "Maximum" },
  above("cpu", "CpuPercentage", rules.cpu.above),
  above("memory", "MemoryPercentage", rules.memory.above),
];

const above = (
  rule: RuleName,
  metric: string,
  threshold: number,
  aggregation: "Average" | "Maximum" = "Average",
): Watched => ({ rule, metric, operator: "GreaterThan", threshold, aggregation });

const WINDOWS = [60, 300, 900, 1800, 3600, 21_600, 43_200, 86_400] as const;

/** The shortest window of a metric alert that is as long as a duration in seconds; and how often it is looked at. */
export function windowOf(seconds: number): { readonly windowSize: string; readonly evaluationFrequency: string } {
  const window = WINDOWS.find((one) => one >= seconds) ?? WINDOWS.at(-1)!;
  return { windowSize: iso(window), evaluationFrequency: iso(window <= 300 ? 60 : window <= 3600 ? 300 : 3600) };
}

const iso = (seconds: number) =>
  seconds % 86_400 === 0
    ? `P${seconds / 86_400}D`
    : seconds % 3600 === 0
      ? `PT${seconds / 3600}H`
      : `PT${seconds / 60}M`;

/** Azure's severities are 0 to 4, as the plan's. */
export const severityOf = (severity: string) => Number(severity.slice(1));

/** Channels that a rule tells: those that it names, else all; those kept for what is severe only for the two worst. */
export function channelsOf({ channels, severe, rules }: Alerts, rule: RuleName): readonly string[] {
  const { severity, channels: named } = rules[rule];
  if (named.length > 0) return named;
  return Object.keys(channels).filter((channel) => severityOf(severity) <= 1 || !severe.includes(channel));
}

/** A telephone number as an action group wants it: `+1-555-0001` is 5550001 of country 1. */
export function phoneOf(number: string): { readonly countryCode: string; readonly phoneNumber: string } | undefined {
  const [, countryCode, rest] = /^\+(\d{1,3})[ -](.+)$/.exec(number) ?? [];
  return countryCode && rest ? { countryCode, phoneNumber: rest.replaceAll(/\D/g, "") } : undefined;
}

/**
 * The query that finds nothing when a source's newest proven backup is older than the plan allows: the agent says
 * `backup-verified` when one was read back.
 */
export const backupAgeQuery = (source: string, seconds: number) =>
  [
    "ContainerAppConsoleLogs",
    `| where TimeGenerated > ago(${Math.ceil(seconds / 60)}m)`,
    `| where Log has "backup-verified" and Log has ${JSON.stringify(`"source":"${source}"`)}`,
  ].join("\n");
