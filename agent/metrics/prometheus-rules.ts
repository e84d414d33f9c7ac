import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import type { RuleName, Rules } from "../alerts/rules";
import { formatDuration } from "../../plan/duration";

/** A rule has one of them; the other is not looked at. */
type Threshold = { readonly above: number; readonly below: number };
type Expression = (threshold: Threshold) => readonly [expr: string, summary: string];

/** What each rule of a plan is in PromQL, and in words. */
const EXPRESSIONS: Readonly<Record<RuleName, Expression>> = {
  serviceDown: () => ['dr_up{kind="service"} == 0', "{{ $labels.name }} does not answer its health check"],
  databaseDown: () => ['dr_up{kind="database"} == 0', "the database {{ $labels.name }} does not answer"],
  cacheDown: () => ['dr_up{kind="cache"} == 0', "Redis {{ $labels.name }} does not answer"],
  filesUnavailable: () => ['dr_up{kind="files"} == 0', "{{ $labels.name }} cannot be read or written"],
  cpu: ({ above }) => [`dr_cpu_ratio > ${above / 100}`, "the CPU of {{ $labels.name }} is over its threshold"],
  memory: ({ above }) => [`dr_memory_ratio > ${above / 100}`, "the memory of {{ $labels.name }} is over its threshold"],
  disk: ({ above }) => [`dr_disk_ratio > ${above / 100}`, "the disk {{ $labels.name }} is filling up"],
  errorRate: ({ above }) => [`dr_error_ratio > ${above / 100}`, "too many requests to {{ $labels.name }} fail"],
  replicationLag: ({ above }) => [
    `dr_replication_lag_seconds > ${above}`,
    "the replica of {{ $labels.source }} is too far behind",
  ],
  backupFailed: () => ["dr_backup_failed == 1", "a backup of {{ $labels.source }} failed or did not start"],
  // Of a source that was never proven there is no time at all; its failed or missing proof is told by the other half.
  backupAge: ({ above }) => [
    `time() - dr_backup_last_verified_timestamp_seconds > ${above} or time() - (dr_backup_last_success_timestamp_seconds unless dr_backup_last_verified_timestamp_seconds) > ${above}`,
    "the newest verified backup of {{ $labels.source }} is too old",
  ],
  backupSize: ({ below }) => [
    `dr_backup_size_bytes < ${below}`,
    "the {{ $labels.type }} backup of {{ $labels.source }} is suspiciously small",
  ],
  backupSizeChange: ({ above }) => [
    `dr_backup_size_change_ratio > ${above / 100}`,
    "the backup of {{ $labels.source }} differs in size from the usual",
  ],
  backupSuccess: ({ below }) => [
    `dr_backup_success_ratio < ${below / 100}`,
    "too many backups of {{ $labels.source }} failed in the last 30 days",
  ],
  backupSpace: ({ below }) => [`dr_free_bytes < ${below}`, "little space is left in {{ $labels.repository }}"],
  verifyFailed: () => ["dr_verify_failed == 1", "a backup of {{ $labels.source }} could not be proven"],
  oneCopyOnly: () => ["dr_backup_one_copy_only == 1", "the backup of {{ $labels.source }} exists at one site only"],
  certificateExpiry: ({ below }) => [
    `dr_certificate_expiry_timestamp_seconds - time() < ${below}`,
    "the certificate {{ $labels.name }} is about to end",
  ],
  keyAge: () => [
    "time() > dr_key_rotation_due_timestamp_seconds",
    "the keys of the repositories of {{ $labels.site }} are due to be replaced",
  ],
};

/** What only someone outside can see, or no plan has a rule for. */
const ALWAYS = [
  rule("drAgentDown", 'absent(dr_build_info) or up{job="pulumi-dr"} == 0', "5m", "P1", "the agent does not answer"),
  rule("drWalGap", "dr_wal_gap == 1", "0s", "P1", "WAL of {{ $labels.source }} is missing from the archive"),
  rule("drChannelFailing", "dr_channel_up == 0", "5m", "P1", "alerts do not arrive by {{ $labels.channel }}"),
  rule(
    ...(["drNotificationsPending", "dr_notification_pending > 0", "15m", "P2"] as const),
    "messages for {{ $labels.channel }} wait to be delivered",
  ),
];

function rule(alert: string, expr: string, wait: string, severity: string, summary: string) {
  return { alert, expr, for: wait, labels: { severity }, annotations: { summary, page: "docs/alerts.md" } };
}

/** A rule file for Prometheus with the thresholds and waiting times of a plan. */
export function prometheusRules(rules: Rules): string {
  const ofPlan = (Object.entries(rules) as [RuleName, Rules[RuleName]][])
    .filter(([, { enabled }]) => enabled)
    .map(([name, { after, severity, ...threshold }]) => {
      const [expr, summary] = EXPRESSIONS[name]({ above: 0, below: 0, ...threshold });
      return rule(`dr${name[0]!.toUpperCase()}${name.slice(1)}`, expr, formatDuration(after), severity, summary);
    });
  const groups = [{ name: "pulumi-dr", rules: [...ofPlan, ...ALWAYS] }];
  return `# Made from the defaults of a plan's alerts: node -r ts-node/register/transpile-only agent/metrics/prometheus-rules.ts [plan]\n${stringify({ groups }, { lineWidth: 0 })}`;
}

/** The rules of a plan in which nothing is said of alerts. */
export async function defaultRules(): Promise<Rules> {
  const { alerts } = await import("../../plan/schema/alerts");
  return alerts.parse(undefined).rules;
}

async function main(planFile: string | undefined): Promise<void> {
  if (planFile === undefined) {
    const file = path.join(__dirname, "../../monitoring/prometheus-rules.yaml");
    return writeFileSync(file, prometheusRules(await defaultRules()));
  }
  const [{ parsePlan }, { readFileSync }] = await Promise.all([import("../../plan"), import("node:fs")]);
  process.stdout.write(prometheusRules(parsePlan(readFileSync(planFile, "utf8"), planFile).alerts.rules));
}

if (require.main === module) void main(process.argv[2]);
