import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Acknowledged } from "../../../cli/drill/client";
import { gapOf, measure, type Measured, type Survivor } from "../../../cli/drill/measure";

const [OLD, NEW, LOST_AT] = ["127.0.10.1", "127.0.11.1", 10_000];

/** A write: number, when it was sent, when it was acknowledged, by whom. */
const ack = (seq: number, sentMs: number, ackMs: number, address: string): Acknowledged => ({
  seq,
  sentMs,
  ackMs,
  address,
});
const there = (...writes: [seq: number, sentMs: number][]): Survivor[] =>
  writes.map(([seq, sentMs]) => ({ seq, sentMs }));
const before = [ack(1, 9_000, 9_010, OLD), ack(2, 9_900, 9_905, OLD)];
const after = [ack(7, 12_000, 12_250, NEW), ack(8, 12_300, 12_310, NEW)];

describe("cli/drill/measure", () => {
  const measured: readonly [string, Acknowledged[], Survivor[], Measured][] = [
    [
      "nothing lost: RTO to the first acknowledgement, RPO to the newest write that was sent before",
      [...before, ...after],
      there([1, 9_000], [2, 9_900], [7, 12_000], [8, 12_300]),
      { rtoSeconds: 2.25, rpoSeconds: 0.1, writes: { acknowledged: 4, survived: 4, lost: 0 } },
    ],
    [
      "the last write lost: the RPO reaches back to the one before it",
      [...before, ...after],
      there([1, 9_000], [7, 12_000], [8, 12_300]),
      { rtoSeconds: 2.25, rpoSeconds: 1, writes: { acknowledged: 4, survived: 3, lost: 1 } },
    ],
    [
      "a write lost in the middle is lost, though later ones survived",
      [...before, ...after],
      there([2, 9_900], [7, 12_000], [8, 12_300]),
      { rtoSeconds: 2.25, rpoSeconds: 0.1, writes: { acknowledged: 4, survived: 3, lost: 1 } },
    ],
    [
      "a write that survived without an acknowledgement counts for the RPO, and not as acknowledged",
      [...before, ...after],
      there([1, 9_000], [2, 9_900], [3, 9_950], [7, 12_000], [8, 12_300]),
      { rtoSeconds: 2.25, rpoSeconds: 0.05, writes: { acknowledged: 4, survived: 4, lost: 0 } },
    ],
    [
      "a write lost at the new site is lost too",
      [...before, ...after],
      there([1, 9_000], [2, 9_900], [8, 12_300]),
      { rtoSeconds: 2.25, rpoSeconds: 0.1, writes: { acknowledged: 4, survived: 3, lost: 1 } },
    ],
    [
      "what the old site still acknowledged after the loss is no recovery",
      [...before, ack(3, 10_001, 10_002, OLD), ...after],
      there([1, 9_000], [2, 9_900], [7, 12_000], [8, 12_300]),
      { rtoSeconds: 2.25, rpoSeconds: 0.1, writes: { acknowledged: 5, survived: 4, lost: 1 } },
    ],
    [
      "what the new site acknowledged before the loss is no recovery",
      [...before, ack(3, 9_950, 9_960, NEW), ...after],
      there([1, 9_000], [2, 9_900], [3, 9_950], [7, 12_000], [8, 12_300]),
      { rtoSeconds: 2.25, rpoSeconds: 0.05, writes: { acknowledged: 5, survived: 5, lost: 0 } },
    ],
    [
      "a write sent at the very moment of the loss is from before it",
      [ack(1, 10_000, 10_001, OLD), ack(7, 10_000, 12_250, NEW)],
      there([1, 10_000], [7, 10_000]),
      { rtoSeconds: 2.25, rpoSeconds: 0, writes: { acknowledged: 2, survived: 2, lost: 0 } },
    ],
  ];
  for (const [title, acknowledged, survivors, expected] of measured)
    it(title, () => assert.deepEqual(measure(acknowledged, survivors, LOST_AT, NEW), expected));

  it("does not call it a recovery when nothing was written at the new site", () => {
    const message = "nothing was written at the new site: there is no recovery time";
    assert.throws(() => measure(before, there([1, 9_000]), LOST_AT, NEW), { message });
    assert.throws(() => measure([], [], LOST_AT, NEW), { message });
  });

  it("does not call it a recovery when nothing survived", () => {
    const message = "no write from before the loss survived: there is no recovery point";
    assert.throws(() => measure([...before, ...after], [], LOST_AT, NEW), { message });
    assert.throws(() => measure([...before, ...after], there([7, 12_000]), LOST_AT, NEW), { message });
  });

  it("accounts for every acknowledged write, whatever survived", () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500)), fc.uniqueArray(fc.nat(500)), (acknowledged, survived) => {
        const all = [
          ack(1_000, 9_000, 9_001, OLD),
          ...acknowledged.map((seq) => ack(seq, 9_500, 9_501, OLD)),
          ...after,
        ];
        const { writes } = measure(
          all,
          there([1_000, 9_000], ...survived.map((seq): [number, number] => [seq, 9_500])),
          LOST_AT,
          NEW,
        );
        assert.equal(writes.acknowledged, all.length);
        assert.equal(writes.survived + writes.lost, writes.acknowledged);
      }),
    ));

  describe("gapOf", () => {
    it("is the time without an acknowledged write before the first one at the new address", () =>
      assert.equal(gapOf([...before, ...after], NEW, 9_950), 2.345));

    it("does not take an earlier stay there for it", () => {
      const back = ack(9, 14_000, 14_005, OLD);
      assert.equal(gapOf([...before, ...after, back], OLD, 12_400), 1.695);
    });

    it("is none if nothing was written there, or nothing before", () => {
      assert.throws(() => gapOf(before, NEW, 0), /there is no gap/);
      assert.throws(() => gapOf(after, NEW, 0), /there is no gap/);
    });
  });
});
