import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf, lossOf, remember, type Position } from "../../../cli/watch/loss";

const lsn = (bytes: number) => `0/${bytes.toString(16).toUpperCase()}`;

describe("cli/watch/loss", () => {
  it("reads a position as PostgreSQL writes it, beyond what a double can hold", () => {
    assert.equal(bytesOf("0/0"), 0n);
    assert.equal(bytesOf("16/B374D848"), 97_500_059_720n);
    assert.equal(bytesOf("FFFFFFFF/ffffffff"), 2n ** 64n - 1n);
    assert.throws(() => bytesOf("16-B374D848"), /must read like/);
  });

  const positions: readonly Position[] = [
    { at: 0, written: { a: "0/10", b: "0/10" } },
    { at: 5, written: { a: "0/20", b: "0/20" } },
    { at: 10, written: { a: "1/0", b: "0/30" } },
  ];
  const cases: [string, Record<string, string> | undefined, number | undefined][] = [
    ["everything arrived: what was written after the last look", { a: "1/0", b: "0/30" }, 5],
    ["one database is behind, and it counts", { a: "1/0", b: "0/2F" }, 10],
    ["high and low words are compared as one number", { a: "0/FFFFFFFF", b: "0/30" }, 10],
    ["nothing of what was seen arrived", { a: "0/F", b: "0/F" }, undefined],
    ["a database that the site never told", { a: "1/0", c: "0/30" }, undefined],
    ["a standby that does not answer", undefined, undefined],
    ["no database", {}, undefined],
  ];
  for (const [title, received, seconds] of cases)
    it(`bounds the loss: ${title}`, () => assert.equal(lossOf(positions, received, 15), seconds));

  it("does not count a position that was seen after the loss began", () =>
    assert.equal(lossOf(positions, { a: "1/0", b: "0/30" }, 7), 2));

  it("never says less than is lost, whenever writes were made and however far the standby was", () => {
    const writes = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        writes,
        fc.nat(60),
        fc.integer({ min: 1, max: 90 }),
        fc.nat(1_100),
        (times, arrived, every, downAt) => {
          const acknowledged = times.sort((a, b) => a - b).filter((at) => at <= downAt);
          const written = (at: number) => acknowledged.filter((one) => one <= at).length * 100;
          let seen: readonly Position[] = [];
          for (let at = 0; at <= downAt; at += every) seen = remember(seen, { at, written: { db: lsn(written(at)) } });
          const bound = lossOf(seen, { db: lsn(Math.min(arrived, acknowledged.length) * 100) }, downAt);
          const firstLost = acknowledged[arrived];
          if (firstLost !== undefined && bound !== undefined)
            assert.ok(bound >= downAt - firstLost, `${bound} for a write of ${firstLost}, lost at ${downAt}`);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("remembers a thousand moments at most, the newest all of them", () => {
    let all: readonly Position[] = [];
    for (let at = 0; at < 10_000; at++) all = remember(all, { at, written: { db: lsn(at) } });
    assert.ok(all.length <= 1_000);
    assert.deepEqual(
      all.slice(-400).map(({ at }) => at),
      Array.from({ length: 400 }, (_, i) => 9_600 + i),
    );
    assert.equal(lossOf(all, { db: lsn(9_990) }, 10_000), 10);
  });
});
