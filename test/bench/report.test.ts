import assert from "node:assert/strict";
import { renderFigures, Runs } from "../../bench/report";

const MiB = 1024 * 1024;

describe("bench/report", () => {
  it("takes the middle of times and bytes, and the worst of memory", () => {
    const runs = new Runs();
    for (const [seconds, stored, ownPeak] of [
      [1, 10, 7],
      [3, 30, 5],
      [2, 20, 9],
    ] as const)
      runs.add("full", { seconds, stored, ownPeak, toolsPeak: ownPeak * 2, ofAgent: true });
    const { median, stored, agentPeak, toolsPeak } = runs.figures("full");
    assert.deepEqual({ median, stored, agentPeak, toolsPeak }, { median: 2, stored: 20, agentPeak: 9, toolsPeak: 18 });
  });

  it("takes the memory of a shell for nobody's agent", () => {
    const runs = new Runs();
    runs.add("dump", { seconds: 1, ownPeak: 5 });
    assert.equal("agentPeak" in runs.figures("dump"), false);
  });

  it("says nothing where an arm has no figure", () => {
    const runs = new Runs();
    runs.add("full", { seconds: 1.5, stored: 2 * MiB });
    assert.match(renderFigures(runs.all()), /\nfull {2}1\.50 s {2}1\.50 s {2}1\.50 s {2}2\.0$/);
  });

  it("refuses an arm that was never run", () =>
    assert.throws(() => new Runs().figures("full"), { message: "no sample of full" }));
});
