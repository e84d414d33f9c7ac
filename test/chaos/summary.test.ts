import { strict as assert } from "node:assert";
import { renderSummary, type Summary } from "./summary";

describe("a summary of chaos", () => {
  const run = {
    ...{ seed: 7, seconds: 20, acknowledged: 100, lost: 3, announcedSeconds: [1.5], probes: 40, violations: 0 },
    healing: ["pulumi-dr failback --yes: ok"],
    acts: [
      { name: "planned-switch", outcome: "ok", seconds: 6, gapSeconds: 2, lost: 0 },
      { name: "planned-switch", outcome: "ok", seconds: 8, gapSeconds: 4, lost: 0 },
      { name: "lose-server", outcome: "ok", seconds: 5, gapSeconds: 3, lost: 3 },
      { name: "cut-off-replica", seconds: 0, gapSeconds: 0, lost: 0 },
    ],
  };
  const summary: Summary = {
    ...{ seed: 7, most: 4, runs: [run], violations: [], journal: "journal.jsonl", kept: [] },
    missing: [{ name: "cut-off-replica", reason: "only root can drop packets" }],
  };

  it("says what was done, what it cost, and what could not be done", () => {
    const text = renderSummary(summary);
    for (const line of [
      "1 runs, seeds 7 to 7, 20.0 s each",
      "planned-switch      2        6.0            2.0           4.0     0",
      "writes: 100 acknowledged, 3 lost; losses announced: 1, the longest 1.5 s",
      "LEFT OUT: cut-off-replica: only root can drop packets",
      "no violation",
    ])
      assert.ok(text.includes(line), `${line}\nis not in\n${text}`);
  });

  it("ends with every violation and how to have it again, and then says nothing good", () => {
    const text = renderSummary({
      ...summary,
      runs: [{ ...run, violations: 1 }],
      violations: [{ at: "now", kind: "lost", what: "all of it" }],
    });
    assert.ok(text.includes("1 VIOLATIONS\n  now lost: all of it\nagain: npm run chaos -- --runs 1 --seed 7"));
    assert.ok(!text.includes("no violation"));
  });

  it("says how many acts of which kind could be drawn: a seed alone would draw others", () => {
    const text = renderSummary({
      ...summary,
      most: 2,
      only: ["planned-switch", "lose-server"],
      runs: [{ ...run, violations: 1 }],
    });
    assert.ok(
      text.includes("again: npm run chaos -- --runs 1 --seed 7 --acts 2 --only planned-switch,lose-server\n"),
      text,
    );
  });
});
