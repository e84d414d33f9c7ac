import assert from "node:assert/strict";
import { readLog } from "../../evidence/chain";
import { FORMAT, seal, type Begun, type Ended, type Sealed } from "../../evidence/record";
import { newestDrill, runsOf } from "../../evidence/runs";
import { age, renderDrill, renderRuns } from "../../cli/evidence/table";
import { chain, copyOf, following, PLAN } from "./written";

const ended = (of: Sealed, previous: Sealed, change: Partial<Ended> = {}): Sealed =>
  seal<Ended>({
    ...{
      format: FORMAT,
      phase: "ended",
      plan: PLAN,
      command: of.record.command,
      sequence: previous.record.sequence + 1,
    },
    ...{ at: new Date(Date.parse(of.record.at) + 12_345).toISOString(), who: of.record.who, of: of.hash },
    ...{ previous: [previous.hash], result: "ok", steps: [] },
    ...change,
  });
const runs = (...records: Sealed[]) => runsOf(readLog([copyOf("prod", records)], PLAN));
const measured = (rto: number, rpo: number) => ({
  rto: { targetSeconds: 900, measuredSeconds: rto },
  rpo: { targetSeconds: null, measuredSeconds: rpo },
  writes: { acknowledged: 10, survived: 10, lost: 0 },
});
const drillAfter = (before: readonly Sealed[], change: Partial<Begun> = {}) =>
  following(before, { command: "drill region-loss", asked: {}, ...change });

describe("evidence/runs", () => {
  it("pairs what was begun with how it ended, though other commands came between", () => {
    const [a, b] = chain(2) as [Sealed, Sealed];
    const endB = ended(b, b, { result: "failed" });
    const all = runs(a, b, endB, ended(a, endB));
    assert.deepEqual(
      all.map(({ begun, result }) => [begun?.hash, result]),
      [
        [a.hash, "ok"],
        [b.hash, "failed"],
      ],
    );
  });

  it("calls interrupted what has no end", () =>
    assert.deepEqual(
      runs(...chain(1)).map(({ result }) => result),
      ["interrupted"],
    ));

  it("shows an end whose beginning is in no copy", () => {
    const [a] = chain(1) as [Sealed];
    assert.deepEqual(
      runs(ended(a, a, { result: "failed" })).map(({ command, result, begun }) => [command, result, begun]),
      [["failover", "failed", undefined]],
    );
  });

  it("finds the newest drill that was measured, by the chain and not by its clock", () => {
    const first = drillAfter([]);
    const firstEnd = ended(first, first, { measured: measured(2.5, 0.1), at: "2030-01-01T00:00:00.000Z" });
    const second = drillAfter([firstEnd]);
    const secondEnd = ended(second, second, { measured: measured(1000, 0.2), result: "missed" });
    assert.deepEqual(newestDrill(runs(first, firstEnd, second, secondEnd)), {
      ...{
        scenario: "region-loss",
        at: secondEnd.record.at,
        passed: false,
        evidence: secondEnd.hash,
        unmeasuredSince: 0,
      },
      rto: { targetSeconds: 900, measuredSeconds: 1000 },
      rpo: { targetSeconds: null, measuredSeconds: 0.2 },
    });
  });

  it("counts the drills that came to nothing since, and takes no failover for one", () => {
    const first = drillAfter([]);
    const firstEnd = ended(first, first, { measured: measured(2.5, 0.1) });
    const second = drillAfter([firstEnd]);
    const secondEnd = ended(second, second, { result: "failed", error: "no" });
    const third = drillAfter([secondEnd]);
    const other = following([third], { command: "failover" });
    const drill = newestDrill(runs(first, firstEnd, second, secondEnd, third, other));
    assert.deepEqual([drill?.evidence, drill?.unmeasuredSince], [firstEnd.hash, 2]);
  });

  it("takes no planned switch for the rehearsal of a loss", () => {
    const loss = drillAfter([]);
    const end = ended(loss, loss, { measured: measured(2.5, 0.1) });
    const planned = following([end], { command: "drill switchover", asked: {} });
    const drill = newestDrill(runs(loss, end, planned));
    assert.deepEqual([drill?.evidence, drill?.unmeasuredSince], [end.hash, 0]);
  });

  it("knows no drill where none was measured", () => {
    const first = drillAfter([]);
    assert.equal(newestDrill(runs(first, ended(first, first, { result: "failed" }))), undefined);
    assert.equal(newestDrill([]), undefined);
  });
});

describe("cli/evidence/table", () => {
  it("has a line for each command, with what was asked, by whom and with what result", () => {
    const failover = following([], { asked: { lost: "prod", to: undefined, fresh: false } });
    const end = ended(failover, failover, { result: "failed", error: "dr does not answer\nWhat is left:" });
    const drill = drillAfter([end], {
      asked: { fresh: true, dataMiB: 8 },
      who: { ...end.record.who, operator: "bob" },
    });
    const drilled = ended(drill, drill, { measured: measured(2.5, 0.1) });
    const killed = following([drilled], { command: "fail\u001b[2Jback", asked: {} });
    assert.equal(
      renderRuns(runs(failover, end, drill, drilled, killed)),
      `#  begun (UTC)          command                                who       took    result
1  2026-01-01 00:01:00  failover --lost prod                   ann@desk  12.3 s  failed: dr does not answer
3  2026-01-01 00:03:00  drill region-loss --dataMiB 8 --fresh  bob@desk  12.3 s  ok: RTO 2.500 s, RPO 0.100 s
5  2026-01-01 00:05:00  fail?[2Jback                           ann@desk          interrupted`,
    );
  });

  it("says of the last drill how old it is, what was measured and whether that met the plan", () => {
    const drill = drillAfter([]);
    const end = ended(drill, drill, { measured: measured(2.5, 0.1) });
    const found = newestDrill(runs(drill, end))!;
    const later = Date.parse(end.record.at) + 3 * 86_400_000;
    assert.equal(renderDrill(found, later), "last drill: region-loss, 3 d ago, met: RTO 2.500 s of 15m, RPO 0.100 s");
    assert.equal(
      renderDrill({ ...found, passed: false, unmeasuredSince: 2 }, later),
      "last drill: region-loss, 3 d ago, MISSED: RTO 2.500 s of 15m, RPO 0.100 s; 2 later without a measurement",
    );
    assert.match(renderDrill(undefined, later), /^last drill: none; nothing was measured yet/);
  });

  for (const [seconds, text] of [
    [-5, "0 s"],
    [59.9, "59 s"],
    [60, "1 min"],
    [3_599, "59 min"],
    [3_600, "1 h"],
    [86_400, "1 d"],
    [8_640_000, "100 d"],
  ] as const)
    it(`calls ${seconds} seconds ${text}`, () => assert.equal(age(seconds), text));
});
