import assert from "node:assert/strict";
import type { Known, Verdict } from "../../../agent/contract";
import { evaluateRules, type Facts, type SourceFacts } from "../../../agent/proof/rules";
import { parsePlan } from "../../../plan";
import { text } from "../../plan/example";
import { backupOf } from "../repository/place";

const { rules } = parsePlan(text(), "plan.yaml").alerts;
const now = new Date("2027-03-10T12:00:00.000Z");
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString();
const verdict = (backup: string, verified: boolean): Verdict => ({
  ...{ backup, verified, level: "read", at: hoursAgo(0.5), seconds: 1, reasons: verified ? [] : ["it is cut short"] },
});
const known = (hours: number, state: "taken" | "verified" | "failed", source = 5e6): Known => ({
  backup: backupOf(`b${hours}`, { startedAt: hoursAgo(hours), endedAt: hoursAgo(hours), bytes: { source, stored: 1 } }),
  verdicts: state === "taken" ? [] : [verdict(`b${hours}`, state === "verified")],
});
const good: SourceFacts = {
  ...{ source: "orders", since: hoursAgo(1000), minSize: 1024, attempts: [{ at: hoursAgo(1), ok: true }] },
  repositories: { own: [known(25, "verified"), known(1, "verified")], dr: [known(1, "verified")] },
};
const many = Array.from({ length: 30 }, () => ({ at: hoursAgo(2), ok: true }));
const found = (source: Partial<SourceFacts>, repositories: Facts["repositories"] = []) =>
  evaluateRules({ sources: [{ ...good, ...source }], repositories }, rules, now);
const names = (...args: Parameters<typeof found>) => found(...args).map(({ rule }) => rule);

describe("agent/proof/rules", () => {
  it("finds nothing where all is well", () => assert.deepEqual(found({}), []));

  it("says when the newest verified backup is too old, and since when: a newer one that is only taken does not count", () =>
    assert.deepEqual(found({ repositories: { own: [known(30, "verified"), known(1, "taken")] } }), [
      {
        ...{
          rule: "backupAge",
          source: "orders",
          severity: "P1",
          value: 30 * 3600,
          threshold: 26 * 3600,
          since: hoursAgo(4),
        },
        reason: `the newest verified backup began ${hoursAgo(30)}`,
      },
    ]));

  it("counts from the first start where no backup was ever verified", () => {
    assert.deepEqual(names({ repositories: { own: [] }, since: hoursAgo(25) }), []);
    assert.deepEqual(names({ repositories: { own: [] }, since: hoursAgo(27) }), ["backupAge"]);
  });

  it("is not fooled by a backup from the future", () =>
    assert.ok(names({ repositories: { own: [known(30, "verified"), known(-48, "verified")] } }).includes("backupAge")));

  for (const [what, source, rule] of [
    [
      "a failure that is the last word",
      { attempts: [...many, { at: hoursAgo(1), ok: false, reason: "no" }] },
      "backupFailed",
    ],
    ["a size under the least", { repositories: { own: [known(1, "verified", 20)] } }, "backupSize"],
    [
      "a size unlike the usual",
      { repositories: { own: [known(25, "verified"), known(1, "verified", 2e6)] } },
      "backupSizeChange",
    ],
    [
      "a newest backup that failed its proof",
      { repositories: { own: [known(25, "verified"), known(1, "failed")] } },
      "verifyFailed",
    ],
    ["a gap in the WAL", { walGap: { since: hoursAgo(1), missing: ["000000010000000000000007"] } }, "walGap"],
    [
      "a certificate about to end",
      { certificates: [{ path: "tls.pem", validTo: hoursAgo(-24) }] },
      "certificateExpiry",
    ],
    [
      "a second repository that knows nothing verified",
      { repositories: { own: good.repositories.own, dr: undefined } },
      "oneCopyOnly",
    ],
  ] as const)
    it(`finds ${what}`, () => assert.deepEqual(names(source), [rule]));

  it("finds a rate of success under the threshold, in the last 30 days only", () => {
    const failed = [
      { at: hoursAgo(3), ok: false },
      { at: hoursAgo(1), ok: true },
    ];
    assert.deepEqual(names({ attempts: failed }), ["backupSuccess"]);
    assert.deepEqual(names({ attempts: failed.map((one) => ({ ...one, at: hoursAgo(31 * 24) })) }), []);
  });

  it("finds a repository that is nearly full, and one that is lost", () => {
    const lost = { name: "dr", fault: { since: hoursAgo(1), reason: "gone" } };
    assert.deepEqual(names({}, [{ name: "own", freeBytes: 9e9 }, lost]), ["backupSpace", "oneCopyOnly"]);
    assert.deepEqual(names({}, [{ name: "own", freeBytes: 11e9 }]), []);
  });

  it("leaves out a rule that is switched off", () => {
    const off = { ...rules, backupAge: { ...rules.backupAge, enabled: false } };
    const source = { ...good, repositories: { own: [] } };
    assert.deepEqual(evaluateRules({ sources: [source], repositories: [] }, off, now), []);
  });
});
