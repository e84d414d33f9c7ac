import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createMetrics } from "../../agent/metrics";
import { DEFINITIONS } from "../../agent/metrics/definitions";

const make = () => createMetrics({ version: "1.2.3" });
const lineOf = (text: string, start: string) => text.split("\n").find((line) => line.startsWith(start));

describe("agent/metrics", () => {
  it("tells of a backup that was taken: when it began, its size, its time", async () => {
    const metrics = await make();
    metrics.backupEnded({
      ...{ source: "orders", type: "full", succeeded: true, startedAt: "2026-11-21T02:00:00.000Z", seconds: 12.5 },
      bytes: { source: 5_000_000, stored: 1_000_000 },
    });
    const text = await metrics.text();
    for (const line of [
      'dr_backup_last_success_timestamp_seconds{source="orders"} 1795226400',
      'dr_backup_duration_seconds{source="orders",type="full"} 12.5',
      'dr_backup_size_bytes{source="orders",type="full"} 5000000',
      'dr_backup_stored_bytes{source="orders",type="full"} 1000000',
    ])
      assert.ok(text.split("\n").includes(line), line);
    assert.equal(lineOf(text, "dr_backup_last_verified_timestamp_seconds"), undefined, "taken is not verified");
  });

  it("says verified only of a backup that was proven", async () => {
    const metrics = await make();
    const proof = { source: "orders", level: "restore", seconds: 3, backupStartedAt: "2026-11-21T02:00:00Z" } as const;
    metrics.verifyEnded({ ...proof, verified: false });
    assert.equal(lineOf(await metrics.text(), "dr_backup_last_verified"), undefined);
    metrics.verifyEnded({ ...proof, verified: true });
    assert.equal(
      lineOf(await metrics.text(), "dr_backup_last_verified"),
      'dr_backup_last_verified_timestamp_seconds{source="orders"} 1795226400',
    );
  });

  it("moves no success when a backup failed", async () => {
    const metrics = await make();
    metrics.backupEnded({
      ...{ source: "orders", type: "full", succeeded: false, startedAt: "2026-11-21T02:00:00Z", seconds: 60 },
    });
    const text = await metrics.text();
    assert.equal(lineOf(text, "dr_backup_last_success"), undefined);
    assert.equal(
      lineOf(text, "dr_backup_last_failure"),
      'dr_backup_last_failure_timestamp_seconds{source="orders"} 1795226460',
    );
  });

  it("shows measurements in base units, and nothing for what nobody could tell", async () => {
    const metrics = await make();
    metrics.observe(
      [
        { rule: "databaseDown", source: "orders", value: true },
        { rule: "disk", source: "/data", value: 85 },
        { rule: "replicationLag", source: "orders", value: 1.5 },
        { rule: "backupSpace", source: "own", value: 10 },
        { rule: "certificateExpiry", source: "app.test", value: 100 },
        { rule: "keyAge", source: "prod", value: 100, above: 300 },
        { rule: "cpu", source: "host", value: undefined },
      ],
      new Date(1_000_000),
    );
    const text = await metrics.text();
    for (const line of [
      'dr_up{kind="database",name="orders"} 0',
      'dr_disk_ratio{name="/data"} 0.85',
      'dr_replication_lag_seconds{source="orders"} 1.5',
      'dr_free_bytes{repository="own"} 10',
      'dr_certificate_expiry_timestamp_seconds{name="app.test"} 1100',
      'dr_key_rotation_due_timestamp_seconds{site="prod"} 1200',
    ])
      assert.ok(text.split("\n").includes(line), line);
    assert.equal(lineOf(text, "dr_cpu_ratio"), undefined);
  });

  it("counts jobs by result, and knows which run", async () => {
    const metrics = await make();
    metrics.jobStarted("backup");
    metrics.jobStarted("backup");
    metrics.jobEnded("backup", "orders", "failure");
    const text = await metrics.text();
    assert.equal(lineOf(text, "dr_job_running"), 'dr_job_running{kind="backup"} 1');
    assert.equal(lineOf(text, "dr_job_total"), 'dr_job_total{kind="backup",source="orders",result="failure"} 1');
  });

  it("tells epoch and WAL gaps", async () => {
    const metrics = await make();
    metrics.epoch("prod", 3);
    metrics.walGap("orders", true);
    const text = await metrics.text();
    assert.equal(lineOf(text, "dr_epoch"), 'dr_epoch{site="prod"} 3');
    assert.equal(lineOf(text, "dr_wal_gap"), 'dr_wal_gap{source="orders"} 1');
  });

  it("keeps two agents in one process apart, and says the same as JSON", async () => {
    const [one, other] = await Promise.all([make(), make()]);
    one.epoch("prod", 1);
    other.epoch("prod", 2);
    const epoch = (await one.json()).find(({ name }) => name === "dr_epoch");
    assert.deepEqual(epoch?.values, [{ labels: { site: "prod" }, value: 1 }]);
  });

  it("names each metric as Prometheus asks: base units, _total for counters", () => {
    const units = /_(seconds|bytes|ratio|total|info)$/;
    const states = ["failed", "gap", "epoch", "up", "running", "firing", "pending", "only"];
    for (const { name, type } of DEFINITIONS) {
      assert.match(name, /^(dr|process)_[a-z_]+$/);
      assert.equal(name.endsWith("_total"), type === "counter", name);
      assert.ok(units.test(name) || states.some((state) => name.endsWith(`_${state}`)), name);
    }
  });
});

describe("docs/metrics.md", () => {
  it("lists each metric with its type and labels, in the same words", () => {
    const rows = readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm);
    assert.deepEqual(
      [...rows].map(([, name, type, labels, help]) => ({ name, type, labels, help })),
      DEFINITIONS.map(({ name, type, labels, help }) => ({
        ...{ name, type, help },
        labels: labels.map((label) => `\`${label}\``).join(", ") || "none",
      })),
    );
  });
});
