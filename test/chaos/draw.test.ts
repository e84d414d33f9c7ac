import { strict as assert } from "node:assert";
import { ACTS } from "./acts";
import { draw } from "./draw";

describe("what a run draws", () => {
  const names = (seed: number) =>
    draw(seed, ACTS).acts.map(({ act, pauseMs, random }) => [act.name, pauseMs, random.next()]);

  it("is the same for the same seed, and another for another", () => {
    assert.deepEqual(names(7), names(7));
    assert.notDeepEqual(names(7), names(8));
  });

  it("is no more acts than it was told", () => {
    const runs = Array.from({ length: 50 }, (_, seed) => draw(seed, ACTS, 2).acts.length);
    assert.deepEqual([...new Set(runs)], [2]);
  });

  it("is two to four acts, and each act of the list in some runs", () => {
    const runs = Array.from({ length: 200 }, (_, seed) => draw(seed, ACTS).acts);
    assert.deepEqual([...new Set(runs.map(({ length }) => length))].sort(), [2, 3, 4]);
    const drawn = new Set(runs.flat().map(({ act }) => act));
    assert.deepEqual(
      ACTS.filter((act) => !drawn.has(act)).map(({ name }) => name),
      [],
    );
  });
});
