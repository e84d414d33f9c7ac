import assert from "node:assert/strict";
import { judged, ratioOf, renderRatios, summarise } from "../../bench/samples";

describe("bench/samples", () => {
  it("takes the middle of all runs, and tells the best and the worst", () => {
    assert.deepEqual(summarise({ name: "a", seconds: [9, 1, 2] }), {
      ...{ name: "a", best: 1, median: 2, worst: 9, repeats: 3 },
    });
    assert.equal(summarise({ name: "a", seconds: [4, 1] }).median, 2.5);
  });

  it("refuses a median of nothing", () =>
    assert.throws(() => summarise({ name: "a", seconds: [] }), { message: "no sample of a" }));

  it("judges a ratio by medians; the bound itself is still met", () => {
    const of = (median: number) => summarise({ name: "x", seconds: [median] });
    assert.equal(ratioOf("r", of(3), of(1), { atLeast: 3 }).met, true);
    assert.equal(ratioOf("r", of(2.9), of(1), { atLeast: 3 }).met, false);
    assert.equal(judged("r", 0.2, { atMost: 0.2 }).met, true);
  });

  it("prints a goal that was missed so that it is seen", () => {
    const missed = judged("full / dump", 0.9, { atMost: 0.7 });
    assert.equal(renderRatios([missed]), "ratio        value  goal    met\nfull / dump  0.90   <= 0.7  NO");
  });
});
