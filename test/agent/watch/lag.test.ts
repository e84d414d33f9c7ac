import assert from "node:assert/strict";
import { lagMeter } from "../../../agent/watch/lag";

const at = (position: number, replica?: number, lagSeconds?: number) => ({
  position,
  replica: replica === undefined ? undefined : { position: replica, lagSeconds },
});

describe("agent/watch/lag", () => {
  it("is nothing while the replica has all", () => assert.equal(lagMeter()(at(100, 100, 7), 0), 0));

  it("is what the primary measured, or the age of the oldest position that was not replayed, if that is more", () => {
    const lag = lagMeter();
    assert.equal(lag(at(100, 90, 2.5), 0), 2.5);
    assert.equal(lag(at(200, 90, 2.5), 60_000), 60);
    assert.equal(lag(at(300, 150, 2.5), 120_000), 60);
  });

  it("goes on from what was not replayed when the primary gives a silent replica up", () => {
    const lag = lagMeter();
    lag(at(100, 100), 0);
    assert.equal(lag(at(200, 100), 1_000), 0);
    assert.equal(lag(at(300, 100), 11_000), 10);
    assert.deepEqual([lag(at(400), 12_000), lag(at(400), 90_000)], [11, 89]);
  });

  it("does not forget the oldest position, however often someone looks", () => {
    const lag = lagMeter();
    for (let second = 0; second < 200; second++) assert.equal(lag(at(second + 2, 1), second * 1_000), second);
  });

  it("grows from when a replica was last seen, or from the first look if none ever was", () => {
    const lag = lagMeter();
    lag(at(100, 100), 0);
    assert.equal(lag(at(100), 90_000), 90);
    const never = lagMeter();
    assert.deepEqual([never(at(1), 1_000), never(at(1), 31_000)], [0, 30]);
  });
});
