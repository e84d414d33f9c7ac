import assert from "node:assert/strict";
import fc from "fast-check";
import { decide, FEWEST_LOOKS, kept, unbroken, type Look, type Rules } from "../../../cli/watch/decide";
import { PROBES, type Probe, type Sight, type Testimony } from "../../../cli/watch/sight";

const A = "https://a.test";
const B = "https://b.test";
const C = "https://c.test";
const rules: Rules = {
  ...{ mode: "automatic", detectAfter: 30, maxLoss: 60, witnesses: [A, B], limit: 21_600, longestGap: 15 },
};
const probe = (outcome: Probe["outcome"], reason: string = outcome): Probe => ({ outcome, reason });
const vote = (said: Testimony["vote"], reason: string = said): Testimony => ({ vote: said, reason });
const lostSight: Sight = {
  ...{ site: "prod", live: { site: "prod", epoch: 1 }, hears: { nameServer: true, standby: true } },
  probes: { sql: probe("down"), http: probe("down"), replication: probe("down") },
};
const lost = (at: number, change: Partial<Look> = {}): Look => ({
  ...{ at, sight: lostSight, witnesses: { [A]: vote("lost"), [B]: vote("lost") } },
  ...change,
});
const withProbe = (name: keyof Sight["probes"], outcome: Probe["outcome"]): Sight => ({
  ...lostSight,
  probes: { ...lostSight.probes, [name]: probe(outcome, `${name} ${outcome}`) },
});
/** Looks every five seconds from 0 to 30: just long enough. */
const series = [0, 5, 10, 15, 20, 25, 30].map((at) => lost(at));
const last = (change: Partial<Look>) => [...series.slice(0, -1), lost(30, change)];
const known = { loss: 10 };
const failsOver = (...[looks, how, also]: Parameters<typeof decide>) => {
  const decision = decide(looks, how, also);
  return decision.state === "lost" && decision.held.length === 0;
};

describe("cli/watch/decide", () => {
  it("fails over once every sign of life was gone for as long as the plan says, and not a look earlier", () => {
    assert.deepEqual(decide(series, rules, known), {
      ...{ state: "lost", seconds: 30, why: "sql: down; http: down; replication: down", held: [] },
    });
    assert.equal(decide(series.slice(0, -1), rules, known).state, "suspected");
  });

  it("calls a site well whose database takes writes, whatever else fails", () => {
    assert.deepEqual(decide(last({ sight: withProbe("sql", "well") }), rules, known), { state: "well" });
  });

  it("says nothing of a site before it has looked", () => assert.deepEqual(decide([], rules), { state: "well" }));

  const held: [string, Look[], string | undefined, Partial<Rules>?, object?][] = [
    ["the mode is manual", series, "the plan says failover.mode manual", { mode: "manual" }],
    [
      "the authority record cannot be read",
      last({ sight: { site: "prod", hears: lostSight.hears, probes: lostSight.probes } }),
      "the authority record cannot be read, so nobody can say who is live",
    ],
    [
      "a probe says nothing",
      last({ sight: withProbe("replication", "unknown") }),
      "replication says nothing: replication unknown",
    ],
    [
      "a probe said nothing a moment ago",
      series.map((look, i) => (i === 3 ? lost(look.at, { sight: withProbe("sql", "unknown") }) : look)),
      "sql has not been down for 30s yet",
    ],
    [
      "one witness is silent",
      last({ witnesses: { [A]: vote("lost"), [B]: vote("unknown", "it does not answer: ECONNREFUSED") } }),
      `1 of 2 witnesses agree, and most of them and at least two must (${B}: it does not answer: ECONNREFUSED)`,
    ],
    [
      "half of four witnesses agree",
      series,
      `2 of 4 witnesses agree, and most of them and at least two must (${C}: was not asked; https://d.test: was not asked)`,
      { witnesses: [A, B, C, "https://d.test"] },
    ],
    [
      "more would be lost than the plan allows",
      series,
      "up to 61.0 s would be lost, and failover.maxLoss is 1m",
      {},
      { loss: 61 },
    ],
    [
      "nobody knows what would be lost",
      series,
      "what would be lost is not known, and failover.maxLoss is 1m",
      {},
      { loss: undefined },
    ],
    [
      "there was one within the limit",
      series,
      "the last automatic failover was 5h ago, and the plan allows one in 6h",
      {},
      { sinceAutomatic: 5 * 3600 },
    ],
    [
      "there was one in the future, by a clock that was set back",
      series,
      "the last automatic failover was in the future, by this clock, and the plan allows one in 6h",
      {},
      { sinceAutomatic: -60 },
    ],
    ["a command is under way", series, "a person began", {}, { underWay: "a person began" }],
    ["two of three witnesses agree: it is not held", series, undefined, { witnesses: [A, B, C] }],
    [
      "the plan accepts any loss: it is not held",
      series,
      undefined,
      { maxLoss: undefined as never },
      { loss: undefined },
    ],
    ["the limit is over: it is not held", series, undefined, {}, { sinceAutomatic: 21_600 }],
  ];
  for (const [title, looks, reason, how = {}, also = {}] of held)
    it(
      `alerts only, and says why, if ${title}`.replace(
        "alerts only, and says why, if",
        reason ? "alerts only, and says why, if" : "acts if",
      ),
      () => {
        const decision = decide(looks, { ...rules, ...how }, { ...known, ...also });
        assert.equal(decision.state, "lost");
        assert.deepEqual(decision.state === "lost" && decision.held, reason === undefined ? [] : [reason]);
      },
    );

  it("does not believe in a loss while a witness or another probe sees life", () => {
    const seen = decide(
      last({ witnesses: { [A]: vote("lost"), [B]: vote("well", "sql: takes writes") } }),
      rules,
      known,
    );
    assert.equal(seen.state, "unsure");
    assert.match(seen.state === "unsure" ? seen.why : "", /b\.test sees it live \(sql: takes writes\)$/);
    assert.equal(decide(last({ sight: withProbe("http", "well") }), rules, known).state, "unsure");
  });

  it("judges nothing while it hears neither the name server nor the standby", () => {
    const sight = { ...withProbe("replication", "unknown"), hears: { nameServer: false, standby: false } };
    assert.equal(decide(last({ sight }), rules, known).state, "isolated");
  });

  it("begins anew when the authority record changed, though the same site is live again", () => {
    const sight = { ...lostSight, live: { site: "prod", epoch: 3 } };
    assert.equal(unbroken(last({ sight }), 15).length, 1);
    assert.equal(decide(last({ sight }), rules, known).state, "suspected");
  });

  it("counts no time in which it did not look: it slept, or its clock jumped", () => {
    for (const at of [3_600, 41, -10])
      assert.equal(decide([...series.slice(0, -1), lost(at)], rules, known).state, "suspected", String(at));
  });

  it("counts nothing twice when its clock goes back", () =>
    assert.equal(
      decide(
        [0, 10, 20, 30, 16, 25, 31].map((at) => lost(at)),
        rules,
        known,
      ).state,
      "suspected",
    ));

  it("needs several looks, however short the plan's time is", () => {
    const short = { ...rules, detectAfter: 0 };
    assert.equal(decide(series.slice(0, FEWEST_LOOKS - 1), short, known).state, "suspected");
    assert.ok(failsOver(series.slice(0, FEWEST_LOOKS), short, known));
  });

  it("remembers what counts and no more, with the same decision", () => {
    const long = Array.from({ length: 1_000 }, (_, i) => lost(i * 5));
    assert.ok(kept(long, rules).length < 40);
    assert.ok(failsOver(kept(long, rules), rules, known));
  });
});

describe("cli/watch/decide, over any series", () => {
  const outcome = fc.oneof(
    { weight: 60, arbitrary: fc.constant("down" as const) },
    fc.constantFrom("well" as const, "unknown" as const),
  );
  const said = fc.oneof(
    { weight: 60, arbitrary: fc.constant("lost" as const) },
    fc.constantFrom("well" as const, "unknown" as const),
  );
  const live = fc.oneof(
    { weight: 60, arbitrary: fc.constant({ site: "prod", epoch: 1 }) },
    fc.constantFrom({ site: "dr", epoch: 2 }, { site: "prod", epoch: 3 }, undefined),
  );
  const often = fc.oneof({ weight: 60, arbitrary: fc.constant(true) }, fc.constant(false));
  const step = fc.oneof(
    { weight: 60, arbitrary: fc.integer({ min: 1, max: 15 }) },
    fc.integer({ min: -100, max: 5_000 }),
  );
  const look = fc.record({
    step,
    live,
    sql: outcome,
    http: outcome,
    replication: outcome,
    a: said,
    b: said,
    c: said,
    nameServer: often,
    standby: often,
  });
  const looks = fc.array(look, { minLength: 4, maxLength: 12 }).map((all): Look[] => {
    let at = 0;
    return all.map(({ step: by, live: authority, sql, http, replication, a, b, c, nameServer, standby }) => ({
      at: (at += by),
      sight: {
        ...{ site: "prod", ...(authority ? { live: authority } : {}), hears: { nameServer, standby } },
        probes: { sql: probe(sql), http: probe(http), replication: probe(replication) },
      },
      witnesses: { [A]: vote(a), [B]: vote(b), [C]: vote(c) },
    }));
  });
  const seconds = fc.integer({ min: -1_000, max: 50_000 });
  const someRules = fc.record({
    mode: fc.constantFrom("manual" as const, "automatic" as const, "automatic" as const),
    detectAfter: fc.integer({ min: 0, max: 30 }),
    maxLoss: fc.integer({ min: 0, max: 60 }),
    witnesses: fc.subarray([A, B, C], { minLength: 1 }),
    limit: fc.constant(21_600),
    longestGap: fc.constant(15),
  });
  const someKnown = fc.record(
    { loss: fc.integer({ min: 0, max: 90 }), sinceAutomatic: seconds, underWay: fc.constant("a command") },
    { requiredKeys: [] },
  );

  it("fails over only when all of what the plan and this page ask for is so", () => {
    let times = 0;
    fc.assert(
      fc.property(looks, someRules, someKnown, (series, how, also) => {
        if (!failsOver(series, how, also)) return;
        times++;
        const now = series.at(-1)!;
        // Said again in the plainest words, with nothing of the code under test.
        let from = series.length - 1;
        while (from > 0 && now.at - series[from]!.at < how.detectAfter) from--;
        const window = series.slice(Math.min(from, series.length - 3));
        assert.equal(how.mode, "automatic");
        assert.ok(now.at - window[0]!.at >= how.detectAfter, "before detectAfter");
        assert.ok(window.length >= 3, "too few looks");
        for (const [i, { at, sight, witnesses }] of window.entries()) {
          for (const name of PROBES) assert.equal(sight.probes[name].outcome, "down", "a probe was not down");
          for (const { vote: v } of Object.values(witnesses)) assert.notEqual(v, "well", "a witness saw it live");
          const gap = i === 0 ? 0 : at - window[i - 1]!.at;
          assert.ok(gap >= 0 && gap <= 15, "the clock jumped");
          assert.ok(!sight.live || sight.live.epoch === now.sight.live!.epoch, "the authority changed");
        }
        assert.equal(now.sight.live?.site, "prod");
        assert.ok(now.sight.hears.nameServer || now.sight.hears.standby, "it was cut off");
        const agree = how.witnesses.filter((w) =>
          window.every(({ witnesses }) => witnesses[w]!.vote === "lost"),
        ).length;
        assert.ok(agree >= 2 && agree > how.witnesses.length / 2, "no majority of two or more");
        assert.ok(also.loss !== undefined && also.loss <= how.maxLoss, "beyond maxLoss");
        assert.ok(also.sinceAutomatic === undefined || also.sinceAutomatic >= how.limit, "twice within the limit");
        assert.equal(also.underWay, undefined);
      }),
      { numRuns: 10_000 },
    );
    assert.ok(times > 20, `the property must have met failovers; it met ${times}`);
  });
});
