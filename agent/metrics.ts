import type { Counter, Gauge } from "prom-client";
import type { BackupType } from "./contract";
import { DEFINITIONS, type MetricName } from "./metrics/definitions";
import { gaugeOf } from "./metrics/measured";
import type { Measurement } from "./alerts/rules";

export interface BackupEnded {
  readonly source: string;
  readonly type: BackupType;
  readonly succeeded: boolean;
  /** ISO 8601; of a backup that succeeded, when it began: what it holds is no newer. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly bytes?: { readonly source: number; readonly stored: number };
}

export interface VerifyEnded {
  readonly source: string;
  readonly level: "read" | "restore";
  readonly verified: boolean;
  readonly seconds: number;
  /** ISO 8601: when the backup that was proven began. */
  readonly backupStartedAt: string;
}

/** What the agent tells the world in numbers. */
export interface Metrics {
  readonly backupEnded: (event: BackupEnded) => void;
  readonly verifyEnded: (event: VerifyEnded) => void;
  readonly restoreEnded: (event: { readonly source: string; readonly seconds: number }) => void;
  readonly jobStarted: (kind: string) => void;
  readonly jobEnded: (kind: string, source: string, result: "success" | "failure") => void;
  /** The measurements of one look around; the same list that alerts are made of. */
  readonly observe: (measurements: readonly Measurement[], at: Date) => void;
  readonly epoch: (site: string, epoch: number) => void;
  readonly walGap: (source: string, isGap: boolean) => void;
  readonly set: (name: MetricName, labels: Readonly<Record<string, string>>, value: number) => void;
  readonly add: (name: MetricName, labels: Readonly<Record<string, string>>, value?: number) => void;
  /** For Prometheus to read. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
  /** The same values as plain data. */
  readonly json: () => Promise<readonly MetricJson[]>;
}

export interface MetricJson {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly values: readonly { readonly labels: Readonly<Record<string, string | number>>; readonly value: number }[];
}

/** Makes all metrics, in a registry of their own. The library is loaded here, not when this file is. */
export async function createMetrics({ version }: { readonly version: string }): Promise<Metrics> {
  const prom = await import("prom-client");
  const registry = new prom.Registry();
  const made = new Map<string, Counter | Gauge>();
  for (const { name, type, help, labels } of DEFINITIONS) {
    const config = { name, help, labelNames: [...labels], registers: [registry] };
    made.set(name, type === "counter" ? new prom.Counter(config) : new prom.Gauge(config));
  }
  const set: Metrics["set"] = (name, labels, value) => (made.get(name) as Gauge).set(labels, value);
  const add: Metrics["add"] = (name, labels, value = 1) => (made.get(name) as Counter).inc(labels, value);
  const refresh = () => {
    const { user, system } = process.cpuUsage();
    const cpu = made.get("process_cpu_seconds_total") as Counter;
    cpu.reset();
    cpu.inc((user + system) / 1e6);
    set("process_resident_memory_bytes", {}, process.memoryUsage.rss());
  };
  set("dr_build_info", { version, node: process.version }, 1);
  set("process_start_time_seconds", {}, Math.round(Date.now() / 1000 - process.uptime()));
  return {
    set,
    add,
    backupEnded({ source, type, succeeded, startedAt, seconds, bytes }) {
      const began = Date.parse(startedAt) / 1000;
      set("dr_backup_duration_seconds", { source, type }, seconds);
      if (!succeeded) return set("dr_backup_last_failure_timestamp_seconds", { source }, began + seconds);
      set("dr_backup_last_success_timestamp_seconds", { source }, began);
      if (!bytes) return;
      set("dr_backup_size_bytes", { source, type }, bytes.source);
      set("dr_backup_stored_bytes", { source, type }, bytes.stored);
    },
    verifyEnded({ source, level, verified, seconds, backupStartedAt }) {
      set("dr_verify_duration_seconds", { source, level }, seconds);
      if (verified) set("dr_backup_last_verified_timestamp_seconds", { source }, Date.parse(backupStartedAt) / 1000);
    },
    restoreEnded: ({ source, seconds }) => set("dr_restore_duration_seconds", { source }, seconds),
    jobStarted: (kind) => (made.get("dr_job_running") as Gauge).inc({ kind }),
    jobEnded(kind, source, result) {
      (made.get("dr_job_running") as Gauge).dec({ kind });
      add("dr_job_total", { kind, source, result });
    },
    observe(measurements, at) {
      for (const measurement of measurements) {
        const gauge = gaugeOf(measurement, at);
        if (gauge) set(gauge.name, gauge.labels, gauge.value);
      }
    },
    epoch: (site, epoch) => set("dr_epoch", { site }, epoch),
    walGap: (source, isGap) => set("dr_wal_gap", { source }, isGap ? 1 : 0),
    contentType: registry.contentType,
    text() {
      refresh();
      return registry.metrics();
    },
    async json() {
      refresh();
      const all = await registry.getMetricsAsJSON();
      return all.map(({ name, help, type, values }) => ({
        ...{ name, help, type: String(type) },
        values: values.map(({ labels, value }) => ({ labels: labels as Record<string, string | number>, value })),
      }));
    },
  };
}
