import assert from "node:assert/strict";
import fc from "fast-check";
import { keep, reach, type Kept, type Retention } from "../../plan";
import { keepsAnything } from "../../plan/retention";

const none: Retention = { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
const now = new Date("2027-03-31T12:00:00Z");
/** Backups at 02:00 of each of the last days, named by date, newest first. */
const days = (count: number, verified = false): Kept[] =>
  Array.from({ length: count }, (_, i) => {
    const time = new Date(Date.UTC(2027, 2, 31 - i, 2));
    return { id: time.toISOString().slice(0, 10), time, verified };
  });
const kept = (retention: Partial<Retention>, backups = days(800)) =>
  [...keep(backups, { ...none, ...retention }, now)].sort();

describe("plan/retention", () => {
  it("keeps the newest of each day", () => {
    const twice = days(5).flatMap((b) => [
      b,
      { ...b, id: `${b.id}-late`, time: new Date(b.time.getTime() + 3_600_000) },
    ]);
    assert.deepEqual(kept({ daily: 2 }, twice), ["2027-03-30-late", "2027-03-31-late"]);
  });

  for (const [retention, expected] of [
    [{ last: 2 }, ["2027-03-30", "2027-03-31"]],
    [{ within: 2 * 86_400 }, ["2027-03-30", "2027-03-31"]],
    // Weeks end on Sunday: 31 March 2027 is a Wednesday.
    [{ weekly: 3 }, ["2027-03-21", "2027-03-28", "2027-03-31"]],
    [{ monthly: 3 }, ["2027-01-31", "2027-02-28", "2027-03-31"]],
    [{ yearly: 2 }, ["2026-12-31", "2027-03-31"]],
    [{ daily: 30, remote: 2 * 86_400 }, ["2027-03-30", "2027-03-31"]],
    [{}, []],
  ] as const) {
    it(`keeps ${expected.length} for ${JSON.stringify(retention)}`, () => assert.deepEqual(kept(retention), expected));
  }

  it("never lets go of the newest verified backup", () => {
    const time = fc.date({ min: new Date("2020-01-01"), max: now, noInvalidDate: true });
    const backups = fc.array(fc.record({ time, verified: fc.boolean() }), { maxLength: 40 });
    const count = fc.nat({ max: 5 });
    const retention = fc.record({
      last: count,
      daily: count,
      weekly: count,
      monthly: count,
      yearly: count,
      remote: fc.nat({ max: 1e6 }),
    });
    fc.assert(
      fc.property(backups, retention, (all, rule) => {
        const named = all.map((b, i) => ({ ...b, id: String(i) }));
        // Of two with one time the one that was listed later is the newer.
        const proven = named.filter(({ verified }) => verified).reverse();
        const newest = proven.sort((a, b) => b.time.getTime() - a.time.getTime())[0];
        const ids = keep(named, rule, now);
        assert.ok(!newest || ids.has(newest.id));
        assert.ok([...ids].every((id) => named.some((b) => b.id === id)));
      }),
    );
  });

  for (const [retention, far] of [
    [{ daily: 7 }, 7],
    [{ daily: 7, weekly: 4 }, 28],
    [{ daily: 7, weekly: 4, monthly: 12 }, 360],
    [{ yearly: 2 }, 730],
    [{ daily: 7, monthly: 12, remote: 30 * 86_400 }, 30],
    [{ within: 3 * 86_400 }, 3],
  ] as const) {
    it(`reaches ${far} days back with ${JSON.stringify(retention)}`, () =>
      assert.equal(reach({ ...none, ...retention }), far * 86_400));
  }

  it("knows a retention that keeps nothing", () => {
    assert.equal(keepsAnything(none), false);
    for (const key of ["last", "daily", "weekly", "monthly", "yearly", "within"] as const) {
      assert.equal(keepsAnything({ ...none, [key]: 1 }), true, key);
    }
  });
});
