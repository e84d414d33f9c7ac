import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { evaluate, type Breach } from "../../agent/alerts/rules";
import { bodyOf, TITLES, type Problem } from "../../agent/api/problem";
import { restoreOrder } from "../../agent/api/restore";
import { defaultRules } from "../../agent/metrics/prometheus-rules";
import type { Finding } from "../../agent/proof/facts";
import { createRedactor } from "../../agent/redaction";
import { checkPlan, formatDuration, formatSize, planJsonSchema } from "../../plan";
import { written } from "../plan/example";
import { held, startFake } from "./api/fake";

describe("docs/api.md", () => {
  const page = readFileSync("docs/api.md", "utf8");

  it("lists every request that the API takes", async () => {
    const fake = await startFake({}, { status: () => ({}) });
    const { body } = await fake.api.inject({ method: "GET", url: "/openapi.json" });
    await fake.api.close();
    const { paths } = JSON.parse(body) as { paths: Record<string, object> };
    const taken = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const listed = [...page.matchAll(/^\| `((?:GET|POST) [^`]+)`/gm)].map(([, request]) => request);
    assert.deepEqual(listed.sort(), taken.sort());
  });

  it("lists every problem with its title", () =>
    assert.deepEqual(
      Object.fromEntries(
        [...page.matchAll(/^\| `([a-z-]+)` +\| \d{3} +\| (.+?) +\|$/gm)].map(([, slug, title]) => [slug, title]),
      ),
      TITLES,
    ));

  it("shows a refusal as it is", () => {
    const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "") as { instance: string };
    assert.throws(
      () => restoreOrder(held({ kind: "logical" }), { backupId: "x" }),
      (error: Problem) => {
        const id = example.instance.split(":").at(-1)!;
        assert.deepEqual(JSON.parse(JSON.stringify(bodyOf(error, id, createRedactor()))), example);
        return true;
      },
    );
  });
});

describe("docs/alerts.md", () => {
  const page = readFileSync("docs/alerts.md", "utf8");

  it("lists every rule with the values that it has unless the plan says otherwise", async () => {
    const properties = (key: string, node: unknown) =>
      (node as { properties: Record<string, unknown> }).properties[key];
    const schema = ["alerts", "rules"].reduce((node, key) => properties(key, node), planJsonSchema() as unknown);
    const percents = ["cpu", "memory", "disk", "errorRate", "backupSizeChange", "backupSuccess"];
    const sizes = ["backupSize", "backupSpace"];
    const rows = Object.entries(await defaultRules()).map(([name, rule]) => {
      const show = (value: number) =>
        percents.includes(name) ? `${value} %` : sizes.includes(name) ? formatSize(value) : formatDuration(value);
      const threshold =
        "above" in rule ? `above ${show(rule.above)}` : "below" in rule ? `below ${show(rule.below)}` : "none";
      const { description } = properties(name, schema) as { description: string };
      return [name, rule.severity, formatDuration(rule.after), threshold, description];
    });
    const listed = [...page.matchAll(/^\| `(\w+)` +\| (P\d) +\| (\S+) +\| (.+?) +\| (.+?) +\|$/gm)];
    assert.deepEqual(
      listed.map(([, ...cells]) => cells),
      rows,
    );
  });

  it("starts from alerts that a plan may have", () => {
    const example = parse(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "") as object;
    assert.deepEqual(checkPlan(stringify({ ...written(), ...example })).refusals, []);
  });

  it("is about the findings that the agent makes: they are breaches as they are", async () => {
    const finding: Finding = {
      ...{ rule: "walGap", source: "orders", severity: "P1", value: 1, threshold: 0, since: "2026-11-21T09:00:00Z" },
      reason: "WAL is missing",
    };
    const breaches: readonly Breach[] = [finding];
    assert.equal(breaches.length + evaluate(await defaultRules(), []).breaches.length, 1);
  });
});
