import assert from "node:assert/strict";
import { describeKeyAge, judgeKeyAge } from "../../../cli/backup/key-age";
import { whatIsNext } from "../../../cli/backup/rotate-keys";

const DAY = 86_400;
const judged = (seconds: number, isInterrupted = false) => judgeKeyAge({ seconds, isInterrupted }, 90 * DAY);

describe("cli/backup/key-age", () => {
  it("is due once it is older than the plan allows, and not a moment before", () => {
    assert.equal(judged(90 * DAY).isDue, false);
    assert.equal(judged(90 * DAY + 1).isDue, true);
  });
  it("is of no age while the clock is behind", () => assert.equal(judged(-3 * DAY).seconds, 0));
  it("is due while a rotation is not finished", () => {
    assert.equal(judged(0, true).isDue, true);
    assert.match(
      describeKeyAge(judged(0, true)),
      /\n! a rotation was begun and not finished; npx pulumi-dr rotate-keys/,
    );
  });
  it("says how long there is still", () =>
    assert.equal(
      describeKeyAge(judged(20 * DAY)),
      "the repositories' keys are 20 d old; storage.keyRotation wants new ones every 90d: due in 70 d",
    ));
  it("says for how long it has been due", () =>
    assert.match(describeKeyAge(judged(92 * DAY)), /this has been due for 2 d$/));
});

describe("cli/backup/rotate-keys", () => {
  const files = ["/keys/restic.key", "/keys/repository.key"];
  it("says ok only where the old keys open nothing any more", () => {
    const good = whatIsNext({ repositories: ["own", "dr"], refused: [], resumed: false }, files);
    assert.equal(good[0], "ok: the new keys open own, dr; the old ones open nothing any more");
    const refused = [{ repository: "dr", reason: "the store refuses to delete" }];
    const bad = whatIsNext({ repositories: ["own", "dr"], refused, resumed: true }, files);
    assert.equal(bad[0], "! dr still opens with the old key: the store refuses to delete");
    assert.equal(bad[1], "NOT OK: an interrupted rotation was brought to its end: the new keys open own, dr");
    assert.match(bad.join("\n"), /keep them secret until its store has let go of it/);
  });
});
