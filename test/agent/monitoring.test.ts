import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { DEFINITIONS } from "../../agent/metrics/definitions";
import { defaultRules, prometheusRules } from "../../agent/metrics/prometheus-rules";
import { parsePlan } from "../../plan";
import { skip } from "../helpers/skip";
import { temporary } from "../helpers/temporary";
import { text } from "../plan/example";

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly for: string }[];
  }[];
}
interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

const rulesText = readFileSync("monitoring/prometheus-rules.yaml", "utf8");
const { rules } = (parse(rulesText) as RuleFile).groups[0]!;
const { panels } = JSON.parse(readFileSync("monitoring/grafana-dashboard.json", "utf8")) as Dashboard;

/** Names of metrics, and of labels, that a query uses. */
const metricsIn = (query: string) => query.match(/\b(dr|process)_[a-z_]+/g) ?? [];
const labelsIn = (words: string) =>
  [...words.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}|by \(([^)]*)\)|\b(\w+)="/g)].flatMap(
    ([, legend, by, matcher]) => by?.split(/, */) ?? [legend ?? matcher ?? ""],
  );

function assertKnown(query: string, legend: string): void {
  const used = metricsIn(query).map(
    (name) => DEFINITIONS.find((one) => one.name === name) ?? assert.fail(`${name} is no metric`),
  );
  for (const label of labelsIn(`${query} ${legend}`))
    assert.ok(
      ["instance", "job"].includes(label) || used.some(({ labels }) => labels.includes(label)),
      `${query}: no label ${label}`,
    );
}

describe("monitoring/", () => {
  const folder = temporary();

  it("has the rules of a plan that says nothing of alerts (run: node -r ts-node/register/transpile-only agent/metrics/prometheus-rules.ts)", async () =>
    assert.equal(rulesText, prometheusRules(await defaultRules())));

  it("has the thresholds and waiting times of any plan, and no rule that is off", () => {
    const plan = parsePlan(
      text((written) => {
        written.alerts = {
          rules: { disk: { above: 70, after: "1h" }, cpu: { enabled: false }, backupAge: { above: "6h" } },
        };
      }),
    );
    const made = (parse(prometheusRules(plan.alerts.rules)) as RuleFile).groups[0]!.rules;
    const of = (name: string) => made.find(({ alert }) => alert === name);
    assert.deepEqual([of("drDisk")?.expr, of("drDisk")?.for], ["dr_disk_ratio > 0.7", "1h"]);
    assert.equal(of("drCpu"), undefined);
    assert.match(of("drBackupAge")?.expr ?? "", /> 21600 or /);
  });

  it("asks for nothing in a rule that the agent does not measure", () => {
    for (const { expr } of rules) assertKnown(expr, "");
    for (const [rule] of rulesText.matchAll(/expr: .*\n(?:.*\n){5}/g))
      assertKnown(...(rule.split("\n", 2) as [string, string]));
  });

  it("asks for nothing in the dashboard that the agent does not measure, and leaves no metric out", () => {
    const queries = panels.flatMap(({ targets }) => targets);
    for (const { expr, legendFormat } of queries) assertKnown(expr, legendFormat);
    const shown = new Set([...queries, ...rules].flatMap(({ expr }) => metricsIn(expr)));
    const unseen = DEFINITIONS.map(({ name }) => name).filter((name) => !shown.has(name));
    assert.deepEqual(unseen, [
      "dr_backup_last_failure_timestamp_seconds",
      "process_start_time_seconds",
      "process_cpu_seconds_total",
    ]);
  });

  it("lays no panel over another, and explains each", () => {
    for (const { title, description, gridPos: a } of panels) {
      assert.ok(description.endsWith("."), title);
      const over = panels.filter(
        ({ gridPos: b }) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h,
      );
      assert.equal(over.length, 1, title);
      assert.ok(a.x + a.w <= 24, title);
    }
  });

  const promtool = (context: Mocha.Context, ...args: string[]) => {
    const { error, status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
    if (error) skip(context, "promtool is not here (Debian: apt-get install prometheus)");
    assert.equal(status, 0, stdout + stderr);
  };

  it("is taken by Prometheus' own tool: the rules, and each query of the dashboard", function () {
    promtool(this, "check", "rules", "monitoring/prometheus-rules.yaml");
    const record = panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, i) => ({ record: `panel:query_${i}`, expr }));
    writeFileSync(folder("panels.yaml"), stringify({ groups: [{ name: "panels", rules: record }] }));
    promtool(this, "check", "rules", folder("panels.yaml"));
  }).timeout(20_000);

  it("warns, as Prometheus itself reckons, of a backup that is old or was never proven, and not of a fresh one", function () {
    const series = (name: string, source: string, value: number) => ({
      ...{ series: `${name}{source="${source}"}`, values: `${value}x2000` },
    });
    const taken = "dr_backup_last_success_timestamp_seconds";
    const verified = "dr_backup_last_verified_timestamp_seconds";
    const at = 27 * 60; // minutes: the default of backupAge is 26 h
    const alert = (source: string) => ({
      exp_labels: { severity: "P1", source },
      exp_annotations: { summary: `the newest verified backup of ${source} is too old`, page: "docs/alerts.md" },
    });
    writeFileSync(
      folder("test.yaml"),
      stringify({
        rule_files: [`${process.cwd()}/monitoring/prometheus-rules.yaml`],
        tests: [
          {
            interval: "1m",
            input_series: [
              ...[series(taken, "old", 80_000), series(verified, "old", 0), series(taken, "unproven", 0)],
              ...[series(taken, "fresh", 80_000), series(verified, "fresh", 80_000)],
            ],
            alert_rule_test: [
              { eval_time: `${at}m`, alertname: "drBackupAge", exp_alerts: [alert("old"), alert("unproven")] },
            ],
          },
        ],
      }),
    );
    promtool(this, "test", "rules", folder("test.yaml"));
  }).timeout(20_000);
});
