import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { checkPlan, formatRefusal } from "../../plan";

const read = (name: string) => readFileSync(`plans/${name}.yaml`, "utf8");
const names = readdirSync("plans").flatMap((file) => (file.endsWith(".yaml") ? file.slice(0, -5) : []));

const refusalsOf = (text: string) => checkPlan(text).refusals.map(formatRefusal);

describe("plan: what the documents say", () => {
  for (const name of names) it(`takes ${name}`, () => assert.deepEqual(refusalsOf(read(name)), []));

  it("has a plan for each of the five", () => {
    for (const name of ["aigentable", "copilotos-bridge", "cotai", "dot-copilot", "genie-ai"])
      assert.ok(names.includes(name), name);
  });

  it("refuses AIgentable and Genie without what makes their rpo true", () => {
    const without = (text: string) =>
      refusalsOf(text.replace(/,?\s*archive: continuous/, "").replace("replica: streaming", "replica: none"));
    assert.deepEqual(without(read("aigentable")), [
      "data.postgres.backup: an incremental every 4h cannot meet rpo 1h; archive WAL (backup.archive: continuous) or add a replica",
    ]);
    assert.deepEqual(without(read("genie-ai")), [
      "data.postgres.backup: a full backup every 6h cannot meet rpo 1h; archive WAL (backup.archive: continuous) or add a replica",
    ]);
  });
});
