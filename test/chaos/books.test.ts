import { strict as assert } from "node:assert";
import type { Acknowledged } from "../../cli/drill/client";
import { announcedFrom, checksumOf, judge, longestGap, type Row } from "./books";

describe("the books of a client", () => {
  const RUN = "run";
  const write = (seq: number, ackMs: number): Acknowledged => ({
    seq,
    sentMs: ackMs - 1,
    ackMs,
    address: "127.0.10.1",
  });
  const row = (seq: number, ackMs: number): Row => {
    const content = { seq, sentMs: ackMs - 1 };
    return { ...content, checksum: checksumOf(RUN, content) };
  };
  const acknowledged = [write(1, 100), write(2, 200), write(4, 300)];
  const all = [row(1, 100), row(2, 200), row(4, 300)];

  it("find all well that has what was acknowledged, and a write whose answer was lost", () =>
    assert.deepEqual(judge(RUN, acknowledged, [...all, row(3, 250)], []), { lost: [], unannounced: [], damaged: [] }));

  it("miss what was acknowledged, whatever was said of another time", () => {
    const announced = { fromMs: 250, toMs: 400 };
    assert.deepEqual(judge(RUN, acknowledged, [row(4, 300)], [announced]).unannounced, [1, 2]);
    assert.deepEqual(judge(RUN, acknowledged, [row(1, 100)], [announced]).unannounced, [2]);
  });

  it("count a loss that was announced, and do not complain", () => {
    const verdict = judge(RUN, acknowledged, [row(1, 100), row(2, 200)], [{ fromMs: 250, toMs: 400 }]);
    assert.deepEqual(verdict, { lost: [4], unannounced: [], damaged: [] });
  });

  it("miss what was sent after the failover had ended", () =>
    assert.deepEqual(judge(RUN, [write(9, 500)], [], [{ fromMs: 250, toMs: 400 }]).unannounced, [9]));

  it("find a row that is not what was sent, and one that does not fit its checksum", () => {
    assert.deepEqual(judge(RUN, acknowledged, [row(1, 100), row(2, 201), row(4, 300)], []).damaged, [2]);
    assert.deepEqual(judge(RUN, acknowledged, [...all, { ...row(5, 1), checksum: "other" }], []).damaged, [5]);
  });

  it("know the longest time without an answer, also at the ends", () => {
    assert.equal(longestGap(acknowledged, 50, 350), 100);
    assert.equal(longestGap(acknowledged, 50, 900), 600);
    assert.equal(longestGap([], 50, 90), 40);
  });

  it("read from what a failover said up to when nothing is lost", () => {
    const said = "dr's postgres streams no more; its newest commit is of 2026-11-21T21:00:00.500Z, 0.3 s ago.";
    assert.equal(announcedFrom(said), Date.parse("2026-11-21T21:00:00.500Z"));
    assert.equal(announcedFrom("it has replayed no commit yet"), -Infinity);
  });
});
