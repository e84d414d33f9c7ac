import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { checkPlan, parsePlan, planJsonSchema } from "../../plan";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
}

/** Whether the schema has a key; `*` is any name. */
function has(nodes: readonly Node[], [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return nodes.length > 0;
  const all = nodes.flatMap((node) => node.oneOf ?? [node]);
  const next = all.flatMap((node) => {
    if (step !== "*") return node.properties?.[step] ?? [];
    return [...(node.additionalProperties ? [node.additionalProperties] : []), ...Object.values(node.properties ?? {})];
  });
  return has(next, rest);
}

describe("docs/plan.md", () => {
  const page = readFileSync("docs/plan.md", "utf8");
  const ids = ["O1-4", "B1-10", "V1-6", "R1-13", "P1-9"].flatMap((range) => {
    const [letter = "", last] = [range[0], Number(range.split("-")[1])];
    return Array.from({ length: last }, (_, i) => `${letter}${i + 1}`);
  });
  const rows = [...page.matchAll(/^\| ([OBVRP]\d+) +\| (.*) \|$/gm)];

  it("says where each requirement is said", () =>
    assert.deepEqual(
      rows.map(([, id]) => id),
      ids,
    ));

  for (const [, id = "", keys = ""] of rows) {
    it(`names keys for ${id} that a plan has`, () => {
      const paths = [...keys.matchAll(/`([^`]+)`/g)].flatMap(([, path]) => path ?? []);
      assert.ok(paths.length > 0);
      for (const path of paths) assert.ok(has([planJsonSchema()], path.split(".")), path);
    });
  }

  it("explains every section", () => {
    for (const key of Object.keys((planJsonSchema() as Required<Node>).properties)) {
      assert.ok(page.includes(`\`${key}\``), key);
    }
  });

  it("starts from a plan that is accepted", () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    assert.deepEqual(checkPlan(example).refusals, []);
  });
});

describe("plans/cotai.yaml", () => {
  const text = readFileSync("plans/cotai.yaml", "utf8");
  const plan = parsePlan(text, "plans/cotai.yaml");

  it("is read by editors", () =>
    assert.equal(text.split("\n")[0], "# yaml-language-server: $schema=./plan.schema.json"));

  it("says what the document says", () => {
    assert.deepEqual(
      Object.entries(plan.sites).map(([name, { platform }]) => [name, platform]),
      [
        ["prod", "docker"],
        ["dr", "docker"],
      ],
    );
    assert.deepEqual(
      Object.entries(plan.data).map(([name, { engine }]) => [name, engine]),
      [
        ["postgres", "postgresql"],
        ["mongo", "mongodb"],
        ["volumes", "files"],
        ["settings", "configuration"],
      ],
    );
    const { postgres } = plan.data;
    assert.ok(
      postgres?.engine === "postgresql" && postgres.replica === "streaming" && postgres.backup.archive === "continuous",
    );
    for (const { backup } of Object.values(plan.data)) assert.match(backup.full, /^\d+ \d+ \* \* \*$/);
    assert.deepEqual(
      Object.values(plan.services).map(({ restart }) => restart),
      ["always", "always"],
    );
    assert.deepEqual(plan.objectives.database, { rto: 900, rpo: 60, bySize: [] });
    assert.equal(plan.objectives.full?.rpo, 86_400);
    assert.deepEqual([plan.dns.zone, plan.dns.name, plan.dns.ttl], ["cotai.test", "app.cotai.test", 5]);
    assert.equal(Object.keys(plan.scenarios).length, 4);
    assert.ok(Object.values(plan.drills).every(({ schedule }) => schedule.split(" ")[3]?.split(",").length === 4));
  });

  it("leaves only the contacts to be filled in", () =>
    assert.deepEqual(
      [...new Set(checkPlan(text).warnings.map(({ path }) => path.split(".").slice(0, 2).join(".")))],
      ["people.contacts"],
    ));
});
