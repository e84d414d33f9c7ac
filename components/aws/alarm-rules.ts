import type { Plan } from "../../plan";

type Rules = Plan["alerts"]["rules"];
export type RuleName = keyof Rules;

/** An alarm of CloudWatch, before it is told where it is and whom it tells. */
export interface Alarm {
  readonly rule: RuleName;
  readonly description: string;
  readonly comparison: "GreaterThanThreshold" | "LessThanThreshold";
  readonly threshold: number;
  /** Seconds of one look, and how many looks in a row must be bad. */
  readonly period: number;
  readonly periods: number;
  /** What silence means: the thing is down, or there was nothing to say. */
  readonly silence: "breaching" | "notBreaching";
  /** One metric, or an expression over several by their ids. */
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly expression?: string;
}
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly stat: "Average" | "Maximum" | "Minimum" | "Sum" | "SampleCount";
  /** Keys of {@link Dimensions}. */
  readonly of: readonly string[];
}

const MINUTE = 60;
const HOUR = 3_600;
/** The longest that CloudWatch looks back with an hour's period. */
const LONGEST = 7 * 24;
/** A replica of RDS that nobody writes to says up to five minutes, for that is how often WAL is switched then. */
const IDLE_LAG = 300;

/** `after` as looks of a minute in a row: one at least, three where one alone may be chance. */
const looks = (after: number, fewest = 1) => ({ period: MINUTE, periods: Math.max(fewest, Math.ceil(after / MINUTE)) });

const rds = (name: string, stat: Metric["stat"]): Metric => ({
  namespace: "AWS/RDS",
  ...{ name, stat, of: ["DBInstanceIdentifier"] },
});

/** The alarms of one database. A replica's lag is looked at where the replica is; a database that is down says nothing. */
export function databaseAlarms(rules: Rules, activation: "active" | "standby"): readonly Alarm[] {
  const { databaseDown, cpu, replicationLag } = rules;
  const lag: Alarm = {
    ...{ rule: "replicationLag", description: `The replica is more than ${replicationLag.above} s behind` },
    ...{
      comparison: "GreaterThanThreshold",
      threshold: Math.max(replicationLag.above, IDLE_LAG),
      silence: "breaching",
    },
    // RDS says -1 of a replica that follows nobody.
    ...{ metrics: { lag: rds("ReplicaLag", "Maximum") }, expression: "IF(lag < 0, 1000000, lag)" },
    ...looks(replicationLag.after, 3),
  };
  const all: readonly Alarm[] = [
    {
      ...{ rule: "databaseDown", description: "The database says nothing of itself any more" },
      ...{ comparison: "LessThanThreshold", threshold: 1, silence: "breaching" },
      ...{ metrics: { seen: rds("CPUUtilization", "SampleCount") }, ...looks(databaseDown.after, 3) },
    },
    {
      ...{ rule: "cpu", description: `CPU of the database over ${cpu.above} %` },
      ...{ comparison: "GreaterThanThreshold", threshold: cpu.above, silence: "notBreaching" },
      ...{ metrics: { cpu: rds("CPUUtilization", "Average") }, ...looks(cpu.after) },
    },
    ...(activation === "standby" ? [lag] : []),
  ];
  return all.filter(({ rule }) => rules[rule].enabled);
}

const ofTargets = (name: string, stat: Metric["stat"]): Metric => ({
  namespace: "AWS/ApplicationELB",
  ...{ name, stat, of: ["LoadBalancer", "TargetGroup"] },
});
const ofService = (name: string): Metric => ({
  namespace: "AWS/ECS",
  ...{ name, stat: "Average", of: ["ClusterName", "ServiceName"] },
});

/** The alarms of one service at the live site. */
export function serviceAlarms(rules: Rules): readonly Alarm[] {
  const { serviceDown, cpu, memory, errorRate } = rules;
  const over = (rule: "cpu" | "memory", what: string, metric: string): Alarm => ({
    ...{ rule, description: `${what} of the service over ${rules[rule].above} %`, threshold: rules[rule].above },
    ...{ comparison: "GreaterThanThreshold", silence: "notBreaching", metrics: { used: ofService(metric) } },
    ...looks((rule === "cpu" ? cpu : memory).after),
  });
  const all: readonly Alarm[] = [
    {
      ...{ rule: "serviceDown", description: "No instance of the service is well" },
      ...{ comparison: "LessThanThreshold", threshold: 1, silence: "breaching" },
      ...{ metrics: { well: ofTargets("HealthyHostCount", "Maximum") }, ...looks(serviceDown.after) },
    },
    over("cpu", "CPU", "CPUUtilization"),
    over("memory", "Memory", "MemoryUtilization"),
    {
      ...{ rule: "errorRate", description: `More than ${errorRate.above} % of the requests fail` },
      ...{ comparison: "GreaterThanThreshold", threshold: errorRate.above, silence: "notBreaching" },
      metrics: { failed: ofTargets("HTTPCode_Target_5XX_Count", "Sum"), asked: ofTargets("RequestCount", "Sum") },
      ...{ expression: "IF(asked > 0, 100 * FILL(failed, 0) / asked, 0)", ...looks(errorRate.after) },
    },
  ];
  return all.filter(({ rule }) => rules[rule].enabled);
}

/** The alarms of the backups that a site takes. A vault that says nothing has no new backup: that is what is feared. */
export function backupAlarms(rules: Rules): readonly Alarm[] {
  const { backupAge, backupFailed } = rules;
  const all: readonly Alarm[] = [
    {
      ...{ rule: "backupAge", description: `No backup was completed for ${backupAge.above / HOUR} h` },
      ...{ comparison: "LessThanThreshold", threshold: 1, silence: "breaching", period: HOUR },
      periods: Math.min(LONGEST, Math.max(1, Math.ceil((backupAge.above + backupAge.after) / HOUR))),
      metrics: {
        done: { namespace: "AWS/Backup", name: "NumberOfBackupJobsCompleted", stat: "Sum", of: ["BackupVaultName"] },
      },
    },
    {
      ...{ rule: "backupFailed", description: "The agent could not be started for a backup" },
      ...{ comparison: "GreaterThanThreshold", threshold: 0, silence: "notBreaching", ...looks(backupFailed.after) },
      metrics: {
        dropped: { namespace: "AWS/Scheduler", name: "InvocationDroppedCount", stat: "Sum", of: ["ScheduleGroup"] },
      },
    },
  ];
  return all.filter(({ rule }) => rules[rule].enabled);
}

/**
 * The alarms of a bucket's copy, by the region in which S3 tells their numbers: what waits, where it is waited for; what failed,
 * where it was written (https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html). An alarm sees its own region only.
 */
export function copyAlarms(rules: Rules, at: "source" | "destination"): readonly Alarm[] {
  const { oneCopyOnly } = rules;
  const of = ["SourceBucket", "DestinationBucket", "RuleId"];
  const s3 = (name: string): Metric => ({ namespace: "AWS/S3", name, stat: "Maximum", of });
  const alarm: Alarm =
    at === "destination"
      ? {
          ...{ rule: "oneCopyOnly", description: "The other region's backups wait to be copied here" },
          ...{ comparison: "GreaterThanThreshold", threshold: 0, silence: "notBreaching" },
          ...{ metrics: { waiting: s3("OperationsPendingReplication") }, ...looks(oneCopyOnly.after, 15) },
        }
      : {
          ...{ rule: "oneCopyOnly", description: "Backups could not be copied to the other region" },
          ...{ comparison: "GreaterThanThreshold", threshold: 0, silence: "notBreaching" },
          ...{ metrics: { failed: { ...s3("OperationsFailedReplication"), stat: "Sum" } }, ...looks(0) },
        };
  return oneCopyOnly.enabled ? [alarm] : [];
}

/** What AWS tells by an event rather than by a number, for the rules of the plan. */
export interface Told {
  readonly name: string;
  readonly rule: RuleName;
  readonly pattern: object;
}

/** @param identifiers Of the site's databases. @param agentFamily Of the agent's tasks. */
export function eventsTold(
  rules: Rules,
  { identifiers, agentFamilyArn }: { readonly identifiers: readonly string[]; readonly agentFamilyArn: string },
): readonly Told[] {
  const ofBackup = (name: string, rule: RuleName, type: string, detail: object): Told => ({
    ...{ name, rule, pattern: { source: ["aws.backup"], "detail-type": [type], detail } },
  });
  const all: readonly Told[] = [
    ofBackup("backup-failed", "backupFailed", "Backup Job State Change", { state: ["FAILED", "ABORTED", "EXPIRED"] }),
    ofBackup("copy-failed", "oneCopyOnly", "Copy Job State Change", { state: ["FAILED"] }),
    ofBackup("proof-failed", "verifyFailed", "Restore Job State Change", { status: ["FAILED", "ABORTED"] }),
    {
      ...{ name: "agent-failed", rule: "backupFailed" },
      pattern: {
        ...{ source: ["aws.ecs"], "detail-type": ["ECS Task State Change"] },
        detail: {
          ...{ lastStatus: ["STOPPED"], taskDefinitionArn: [{ prefix: `${agentFamilyArn}:` }] },
          // A task that never came to run has no exit code.
          $or: [{ containers: { exitCode: [{ "anything-but": 0 }] } }, { stopCode: ["TaskFailedToStart"] }],
        },
      },
    },
    {
      // RDS knows what it was given and lets grow: CloudWatch's number has no whole to be a part of.
      ...{ name: "disk", rule: "disk" },
      pattern: {
        ...{ source: ["aws.rds"], "detail-type": ["RDS DB Instance Event"] },
        detail: { EventCategories: ["low storage"], SourceIdentifier: identifiers },
      },
    },
  ];
  return all.filter(({ rule }) => rules[rule].enabled);
}
