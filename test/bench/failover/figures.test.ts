import assert from "node:assert/strict";
import { growthPerDoubling, perResource } from "../../../bench/failover/figures";

describe("bench/failover/figures", () => {
  it("spreads growth over the doublings that it took", () => {
    assert.equal(growthPerDoubling(2, 2, 4), 0);
    assert.equal(growthPerDoubling(2, 3, 2), 0.5);
    assert.ok(Math.abs(growthPerDoubling(1, 1.15 ** 2, 4) - 0.15) < 1e-9);
    assert.equal(growthPerDoubling(1, 16, 16), 1, "one after the other");
  });

  it("counts no resource's share of the start", () => assert.equal(perResource(5, 1, 8), 0.5));
});
