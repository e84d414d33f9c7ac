import { strict as assert } from "node:assert";
import { seeded } from "./random";

describe("chance by a seed", () => {
  const numbers = (seed: string) => {
    const random = seeded(seed);
    return Array.from({ length: 20 }, random.next);
  };

  it("is the same for the same seed, and another for another", () => {
    assert.deepEqual(numbers("1"), numbers("1"));
    assert.notDeepEqual(numbers("1"), numbers("2"));
  });

  it("draws each whole number of a range, and none beside it", () => {
    const random = seeded("range");
    const drawn = new Set(Array.from({ length: 500 }, () => random.between(3, 6)));
    assert.deepEqual([...drawn].sort(), [3, 4, 5, 6]);
  });

  it("loses nothing by shuffling", () => {
    const all = Array.from({ length: 30 }, (_, at) => at);
    const shuffled = seeded("cards").shuffled(all);
    assert.notDeepEqual(shuffled, all);
    assert.deepEqual(
      shuffled.toSorted((a, b) => a - b),
      all,
    );
  });

  it("gives each part chance of its own, whatever others have drawn", () => {
    const [first, second] = [seeded("1"), seeded("1")];
    first.next();
    assert.equal(first.fork("part").next(), second.fork("part").next());
    assert.notEqual(first.fork("part").next(), first.fork("other").next());
  });

  it("refuses to pick from nothing", () => assert.throws(() => seeded("1").pick([]), /nothing to pick from/));
});
