interface Definition {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly labels: readonly string[];
  readonly help: string;
}

const gauge = <N extends string>(name: N, labels: readonly string[], help: string) =>
  ({ name, type: "gauge", labels, help }) as const;
const counter = <N extends string>(name: N, labels: readonly string[], help: string) =>
  ({ name, type: "counter", labels, help }) as const;

/** Every metric of the agent. docs/metrics.md lists the same ones. */
export const DEFINITIONS = [
  gauge(
    "dr_backup_last_verified_timestamp_seconds",
    ["source"],
    "When the newest backup that was proven to restore began. Its age is what can be lost.",
  ),
  gauge("dr_backup_last_success_timestamp_seconds", ["source"], "When the newest backup that was taken began."),
  gauge("dr_backup_last_failure_timestamp_seconds", ["source"], "When a backup last failed."),
  gauge("dr_backup_duration_seconds", ["source", "type"], "How long the last backup took."),
  gauge("dr_backup_size_bytes", ["source", "type"], "What the last backup holds, as it lay at the source."),
  gauge("dr_backup_stored_bytes", ["source", "type"], "What the last backup added to the repository."),
  gauge("dr_backup_size_change_ratio", ["source"], "By how much the last backup's size differs from the usual."),
  gauge("dr_backup_success_ratio", ["source"], "Share of the backups of the last 30 days that succeeded."),
  gauge("dr_backup_failed", ["source"], "1 while the newest attempt at a backup failed, or did not start."),
  gauge("dr_backup_one_copy_only", ["source"], "1 while the newest backup exists at one site only."),
  gauge("dr_verify_failed", ["source"], "1 while the newest attempt at a proof failed."),
  gauge("dr_verify_duration_seconds", ["source", "level"], "How long the last proof took."),
  gauge("dr_restore_duration_seconds", ["source"], "How long the last restore took."),
  gauge("dr_replication_lag_seconds", ["source"], "How far the replica is behind."),
  gauge("dr_wal_gap", ["source"], "1 while WAL is missing between the oldest backup kept and now."),
  gauge("dr_epoch", ["site"], "The newest epoch that this site holds."),
  gauge("dr_free_bytes", ["repository"], "Free space where backups are kept."),
  gauge("dr_up", ["kind", "name"], "1 while a service, database, cache or protected path answers, 0 while not."),
  gauge("dr_cpu_ratio", ["name"], "CPU in use."),
  gauge("dr_memory_ratio", ["name"], "Memory in use."),
  gauge("dr_disk_ratio", ["name"], "Disk in use."),
  gauge("dr_error_ratio", ["name"], "Share of requests that fail."),
  gauge("dr_certificate_expiry_timestamp_seconds", ["name"], "When a certificate ends."),
  gauge("dr_key_rotation_due_timestamp_seconds", ["site"], "When the repositories' keys are to be replaced."),
  gauge("dr_job_running", ["kind"], "Jobs that run now."),
  counter("dr_job_total", ["kind", "source", "result"], "Jobs that ended."),
  gauge("dr_incident_firing", ["rule", "source", "severity"], "1 while people are being told of an incident."),
  counter("dr_notification_total", ["channel", "result"], "Attempts to tell people."),
  gauge("dr_notification_pending", ["channel"], "Messages that wait to be delivered."),
  gauge("dr_channel_up", ["channel"], "1 if the last message to a channel arrived, 0 if not."),
  counter("dr_api_request_total", ["method", "route", "status"], "Requests that the API answered."),
  gauge("dr_build_info", ["version", "node"], "Always 1; says which agent this is."),
  gauge("process_start_time_seconds", [], "When the agent started."),
  gauge("process_resident_memory_bytes", [], "Memory that the agent holds."),
  counter("process_cpu_seconds_total", [], "CPU time that the agent used."),
] as const satisfies readonly Definition[];

export type MetricName = (typeof DEFINITIONS)[number]["name"];
