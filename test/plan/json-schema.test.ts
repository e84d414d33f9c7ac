import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { planJsonSchema } from "../../plan";
import { schemaText } from "../../plan/generate-schema";

interface Node {
  readonly description?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly [key: string]: unknown;
}

function* nodes(node: unknown, path = ""): Iterable<[path: string, node: Node]> {
  if (node === null || typeof node !== "object") return;
  yield [path, node as Node];
  for (const [key, child] of Object.entries(node)) yield* nodes(child, `${path}/${key}`);
}

describe("plan/json-schema", () => {
  it("is the committed file (run: node -r ts-node/register/transpile-only plan/generate-schema.ts)", () =>
    assert.ok(readFileSync("plans/plan.schema.json", "utf8") === schemaText()));

  it("describes every key", () => {
    for (const [path, { properties }] of nodes(planJsonSchema())) {
      if (path.endsWith("/properties")) continue;
      for (const [key, value] of Object.entries(properties ?? {})) assert.ok(value.description, `${path}/${key}`);
    }
  });

  it("needs only what has no honest default", () =>
    assert.deepEqual((planJsonSchema() as Node).required, ["name", "sites", "objectives", "data", "dns"]));

  it("has patterns that every editor can read", () => {
    for (const [path, { pattern }] of nodes(planJsonSchema())) {
      if (typeof pattern === "string") assert.doesNotThrow(() => new RegExp(pattern, "u"), path);
    }
  });

  it("takes durations and sizes as they are written", () => {
    const { dns } = (planJsonSchema() as { properties: { dns: Node } }).properties;
    assert.equal(dns.properties?.ttl?.type, "string");
    assert.equal(dns.properties?.ttl?.default, "30s");
  });
});
