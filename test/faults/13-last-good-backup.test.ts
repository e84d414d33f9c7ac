import assert from "node:assert/strict";
import { applyRetention } from "../../agent/jobs/work";
import { createLog } from "../../agent/log";
import type { Verdict } from "../../agent/contract";
import { temporary } from "../helpers/temporary";
import { protectedFiles } from "./protected-files";

describe("fault 13: retention meets the last good backup", function () {
  this.timeout(600_000);
  const folder = temporary();
  const log = createLog({ level: "silent" });

  it("keeps the newest verified one though only the newest is asked for and that one is bad", async () => {
    const at = await protectedFiles(folder());
    const backups = [await at.backUp("old"), await at.backUp("good"), await at.backUp("bad")];
    const bad: Verdict = {
      ...{
        backup: backups[2]!.id,
        verified: false,
        level: "read",
        at: new Date().toISOString(),
        seconds: 1,
        reasons: ["bad"],
      },
    };
    await at.repository.writeVerdict(bad);
    const one = { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    const all = { source: at.source, entry: { ...at.entry, retention: one } };
    const inTenYears = new Date(Date.now() + 10 * 365 * 86_400_000);
    assert.deepEqual(await applyRetention(all, at.repository, log, inTenYears), [backups[0]!.id]);
    assert.deepEqual(
      (await at.repository.list()).map(({ backup }) => backup.id),
      [backups[1]!.id, backups[2]!.id],
    );
    await at.repository.check(backups[1]!.locator);
    assert.deepEqual(await applyRetention(all, at.repository, log, inTenYears), []);
  });
});
