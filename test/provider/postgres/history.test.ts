import assert from "node:assert/strict";
import * as fc from "fast-check";
import { forkOf, isBeyond, lsnToNumber } from "../../../provider/postgres/history";

const HISTORY = "1\t0/5000060\tno recovery target specified\n\n2\t16/B374D848\tno recovery target specified\n";

describe("provider/postgres/history", () => {
  for (const [timeline, fork] of [
    [1, "0/5000060"],
    [2, "16/B374D848"],
    [3, undefined],
    [11, undefined],
  ] as const) {
    it(`finds where timeline ${timeline} was left: ${fork ?? "nowhere"}`, () =>
      assert.equal(forkOf(HISTORY, timeline), fork));
  }

  it("compares positions as numbers, however many digits they have", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (position) => {
        const lsn = `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffffffffn).toString(16).toUpperCase()}`;
        assert.equal(lsnToNumber(lsn), position);
      }),
    );
    assert.ok(lsnToNumber("A/0") > lsnToNumber("9/FFFFFFFF"));
    assert.ok(lsnToNumber("10/0") > lsnToNumber("9/0"));
  });

  const ending = { wasWriter: true, clean: true, systemIdentifier: "7", timeline: 1, lsn: "0/5000028", holds: "0/0" };
  for (const [what, change, beyond] of [
    ["a writer that stopped before the fork", {}, false],
    ["a writer that stopped at the fork", { lsn: "0/5000060" }, false],
    ["a writer that stopped beyond it", { lsn: "0/5000061" }, true],
    ["a writer that died, whatever its last checkpoint", { clean: false }, true],
    ["a standby that holds WAL from beyond it", { wasWriter: false, clean: false, holds: "0/7024E78" }, true],
    ["a standby that does not", { wasWriter: false, clean: false, holds: "0/5000060" }, false],
  ] as const) {
    it(`says of ${what}: ${beyond ? "left" : "can follow"}`, () =>
      assert.equal(isBeyond({ ...ending, ...change }, "0/5000060"), beyond));
  }
  it("says of a timeline that the peer's history never had: left", () =>
    assert.equal(isBeyond(ending, undefined), true));
});
