import assert from "node:assert/strict";
import type { Known } from "../../../agent/contract";
import type { Facts, SourceFacts } from "../../../agent/proof/rules";
import { backupsMeasured, backupsSeen } from "../../../agent/watch/backups";
import { parsePlan } from "../../../plan";
import { text } from "../../plan/example";
import { backupOf } from "../repository/place";

const { rules } = parsePlan(text(), "plan.yaml").alerts;
const NOW = new Date("2027-01-10T00:00:00.000Z");
const known = (startedAt: string): Known => ({
  backup: backupOf("b", { startedAt, endedAt: startedAt, bytes: { source: 5e6, stored: 1 } }),
  verdicts: [{ backup: "b", verified: true, level: "read", at: startedAt, seconds: 1, reasons: [] }],
});
const FRESH = [known("2027-01-09T23:00:00.000Z")];
const OLD = [known("2027-01-01T00:00:00.000Z")];
const facts = (repositories: SourceFacts["repositories"], more: Partial<SourceFacts> = {}): Facts => ({
  sources: [
    {
      ...{ source: "orders", repositories, attempts: [], since: "2027-01-01T00:00:00.000Z", minSize: 1 },
      ...{ certificates: [], ...more },
    },
  ],
  repositories: [{ name: "own", freeBytes: 1e12 }],
});
const seen = (of: Facts, isLive = true) => {
  const { breaches, unknown } = backupsSeen(of, rules, isLive, NOW);
  return { breaches: breaches.map(({ rule }) => rule), unknown: unknown.map(({ rule }) => rule) };
};

describe("agent/watch/backups", () => {
  it("finds nothing where all is well", () =>
    assert.deepEqual(seen(facts({ own: FRESH, dr: FRESH })), { breaches: [], unknown: [] }));

  it("knows nothing before the repositories were read", () =>
    assert.deepEqual(seen(facts({ own: undefined, dr: undefined })), {
      breaches: [],
      unknown: ["backupSize", "backupSizeChange", "verifyFailed", "oneCopyOnly", "backupAge"],
    }));

  it("does not count what cannot be read as a fresh backup, nor call the rest well", () => {
    assert.deepEqual(seen(facts({ own: FRESH, dr: undefined })), {
      breaches: ["oneCopyOnly"],
      unknown: ["backupSize", "backupSizeChange", "verifyFailed"],
    });
    assert.ok(seen(facts({ own: OLD, dr: undefined })).breaches.includes("backupAge"));
  });

  it("raises nothing at a site that is not live about what it may not write", () => {
    const failing = facts({ own: OLD, dr: OLD }, { attempts: [{ at: NOW.toISOString(), ok: false }] });
    assert.deepEqual(seen(failing).breaches, ["backupFailed", "backupAge", "backupSuccess"]);
    assert.deepEqual(seen(failing, false), { breaches: [], unknown: [] });
  });

  it("does not know when certificates end that it cannot read", () =>
    assert.deepEqual(seen({ ...facts({}), sources: [{ ...facts({}).sources[0]!, certificates: undefined }] }), {
      breaches: ["backupAge"],
      unknown: ["certificateExpiry"],
    }));

  it("tells what is well in numbers too, and of what is not known nothing", () => {
    const numbers = (of: Facts) =>
      Object.fromEntries(backupsMeasured(of, rules, NOW).map(({ rule, value }) => [rule, value]));
    assert.deepEqual(numbers(facts({ own: FRESH, dr: FRESH })), {
      ...{ backupFailed: false, verifyFailed: false, oneCopyOnly: false, backupSuccess: 100 },
      ...{ backupSizeChange: 0, backupSpace: 1e12 },
    });
    assert.ok(!("verifyFailed" in numbers(facts({ own: undefined }))));
  });
});
