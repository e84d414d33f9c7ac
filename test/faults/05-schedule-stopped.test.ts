import assert from "node:assert/strict";
import { evaluateRules } from "../../agent/proof/rules";
import { parsePlan } from "../../plan";
import { temporary } from "../helpers/temporary";
import { text } from "../plan/example";
import { protectedFiles } from "./protected-files";

describe("fault 5: the schedule stopped, and nothing failed", function () {
  this.timeout(600_000);
  const folder = temporary();

  it("is told by the age of what was proven, though every backup that was taken is good", async () => {
    const at = await protectedFiles(folder());
    await at.backUp("good");
    const { rules } = parsePlan(text(), "plan.yaml").alerts;
    const known = { own: await at.repository.list() };
    const attempts = [{ at: new Date().toISOString(), ok: true }];
    const source = { source: "volumes", repositories: known, attempts, since: new Date().toISOString(), minSize: 0 };
    const after = (hours: number) =>
      evaluateRules({ sources: [source], repositories: [] }, rules, new Date(Date.now() + hours * 3_600_000)).map(
        ({ rule }) => rule,
      );
    assert.ok(!after(25).includes("backupAge"));
    assert.ok(after(27).includes("backupAge"));
  });
});
