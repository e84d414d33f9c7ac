import assert from "node:assert/strict";
import { hostname } from "node:os";
import { seen, silenceAfter, type Silence } from "../../../cli/watch/alarm";
import type { Decision, Look } from "../../../cli/watch/decide";

describe("cli/watch/alarm", () => {
  const lost = (held: string[]): Decision => ({ state: "lost", seconds: 31.4, why: "sql: gone", held });
  const told = (...args: Parameters<typeof seen>) =>
    seen(...args).breaches.map(({ rule, source, severity, reason }) => [rule, source, severity, reason]);

  it("says nothing of a site that is well", () =>
    assert.deepEqual(seen("prod", { state: "well" }, undefined), { breaches: [], unknown: [] }));

  it("tells a loss with the exact command, and why nothing is switched by itself", () =>
    assert.deepEqual(told("prod", lost(["the plan says failover.mode manual", "no witness"]), undefined), [
      [
        ...["siteLost", "prod", "P0"],
        "No sign of life for 31 s (sql: gone). Nothing is switched by itself: the plan says failover.mode manual; no witness. If it is lost: npx pulumi-dr failover --lost prod",
      ],
    ]));

  it("tells before it fails over, and after", () => {
    const before = told("prod", lost([]), undefined);
    assert.equal(before[0]?.[3], "No sign of life for 31 s (sql: gone). Failing over by itself now, as the plan says.");
    assert.deepEqual(told("dr", { state: "well" }, { lost: "prod", to: "dr" }), [
      ["failedOver", "prod", "P0", "dr took over by itself. Once prod is there again: npx pulumi-dr failback"],
    ]);
    assert.deepEqual(told("prod", { state: "well" }, { lost: "prod", to: "dr", error: "no proof" }), [
      ["failoverFailed", "prod", "P0", "no proof\nBy hand: npx pulumi-dr failover --lost prod"],
    ]);
  });

  it("misses a witness while all is well, once it was silent for five minutes without a break", () => {
    const sight = {} as Look["sight"];
    let silence: Silence = {};
    const silentAt = (at: number, vote: "unknown" | "well") => {
      silence = silenceAfter(silence, {
        at,
        sight,
        witnesses: { a: { vote, reason: "" }, b: { vote: "well", reason: "" } },
      });
      return seen("prod", { state: "well" }, undefined, silence, at).breaches.map(({ rule, source }) => [rule, source]);
    };
    for (const at of [0, 200, 299]) assert.deepEqual(silentAt(at, "unknown"), []);
    assert.deepEqual(silentAt(300, "unknown"), [["witnessSilent", "a"]]);
    assert.deepEqual(silentAt(301, "well"), []);
    assert.deepEqual(silentAt(302, "unknown"), []);
  });

  it("neither raises nor clears a loss that it cannot judge", () => {
    const isolated = seen("prod", { state: "isolated", seconds: 9, why: "cut off" }, undefined);
    assert.deepEqual(
      isolated.breaches.map(({ rule, source }) => [rule, source]),
      [["watchIsolated", hostname()]],
    );
    for (const { unknown } of [isolated, seen("prod", { state: "suspected", seconds: 9, why: "sql: gone" }, undefined)])
      assert.deepEqual(
        unknown,
        ["siteLost", "siteUnsure"].map((rule) => ({ rule, source: "prod" })),
      );
  });
});
