import type { Measurement, RuleName } from "../alerts/rules";
import type { MetricName } from "./definitions";

interface Shown {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Show = (source: string, value: number, at: Date, above: number) => Shown;

const up =
  (kind: string): Show =>
  (source, bad) => ({ name: "dr_up", labels: { kind, name: source }, value: 1 - bad });
const ratio =
  (name: MetricName, label: string): Show =>
  (source, percent) => ({ name, labels: { [label]: source }, value: percent / 100 });
const plain =
  (name: MetricName, label = "source"): Show =>
  (source, value) => ({ name, labels: { [label]: source }, value });

/** Which gauge shows what a rule looks at. Age and size are told when a backup ends, as a time and a number of bytes. */
const SHOWN: Readonly<Partial<Record<RuleName, Show>>> = {
  serviceDown: up("service"),
  databaseDown: up("database"),
  cacheDown: up("cache"),
  filesUnavailable: up("files"),
  cpu: ratio("dr_cpu_ratio", "name"),
  memory: ratio("dr_memory_ratio", "name"),
  disk: ratio("dr_disk_ratio", "name"),
  errorRate: ratio("dr_error_ratio", "name"),
  replicationLag: plain("dr_replication_lag_seconds"),
  backupFailed: plain("dr_backup_failed"),
  backupSizeChange: ratio("dr_backup_size_change_ratio", "source"),
  backupSuccess: ratio("dr_backup_success_ratio", "source"),
  backupSpace: plain("dr_free_bytes", "repository"),
  verifyFailed: plain("dr_verify_failed"),
  oneCopyOnly: plain("dr_backup_one_copy_only"),
  certificateExpiry: (source, left, at) => ({
    ...{ name: "dr_certificate_expiry_timestamp_seconds", labels: { name: source } },
    value: Math.round(at.getTime() / 1000 + left),
  }),
  keyAge: (site, age, at, mayBe) => ({
    ...{ name: "dr_key_rotation_due_timestamp_seconds", labels: { site } },
    value: Math.round(at.getTime() / 1000 - age + mayBe),
  }),
};

/** The gauge that a measurement sets; none for what could not be measured. */
export function gaugeOf({ rule, source, value, above = 0 }: Measurement, at: Date): Shown | undefined {
  return value === undefined ? undefined : SHOWN[rule]?.(source, Number(value), at, above);
}
