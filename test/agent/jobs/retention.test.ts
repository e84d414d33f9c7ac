import assert from "node:assert/strict";
import fc from "fast-check";
import type { Backup, Known } from "../../../agent/contract";
import { decide } from "../../../agent/jobs/retention";
import type { Retention } from "../../../plan";
import { backupOf } from "../repository/place";

const DAY = 86_400_000;
const none: Retention = { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
const start = Date.UTC(2027, 0, 1, 2);
const known = (
  day: number,
  verified: boolean | undefined,
  changes: Partial<Backup> = {},
  level: "read" | "restore" = "read",
): Known => {
  const id = `b${day}`;
  const at = new Date(start + day * DAY).toISOString();
  const verdicts = verified === undefined ? [] : [{ backup: id, verified, level, at, seconds: 1, reasons: [] }];
  return { backup: backupOf(id, { startedAt: at, endedAt: at, ...changes }), verdicts };
};
const stays = (all: Known[], retention: Partial<Retention>, day = 1000) =>
  decide(all, { ...none, ...retention }, new Date(start + day * DAY)).stays.map(({ id }) => id);

describe("agent/jobs/retention", () => {
  it("lets nothing go until something is verified", () =>
    assert.deepEqual(stays([known(1, undefined), known(2, false), known(3, undefined)], { last: 1 }), [
      "b1",
      "b2",
      "b3",
    ]));

  it("keeps the newest verified one when everything newer is bad", () =>
    assert.deepEqual(stays([known(1, true), known(2, true), known(3, false), known(4, undefined)], { last: 1 }), [
      "b2",
      "b4",
    ]));

  it("keeps the newest that was restored beside the newest that was only read", () =>
    assert.deepEqual(stays([known(1, true), known(2, true, {}, "restore"), known(3, true)], { last: 1 }), [
      "b2",
      "b3",
    ]));

  it("keeps all that a kept one builds on", () => {
    const chain = [
      known(1, true),
      known(2, true, { type: "incr", reference: "b1" }),
      known(3, true, { type: "incr", reference: "b2" }),
    ];
    assert.deepEqual(stays(chain, { last: 1 }), ["b1", "b2", "b3"]);
  });

  it("thins copies of files that change, which stand alone and were read back by nobody, to the newest of each day", () => {
    const copies = Array.from({ length: 3 * 96 }, (_, n): Known => {
      const startedAt = new Date(start + (n / 96) * DAY).toISOString();
      const copy = backupOf(`c${n}`, { startedAt, endedAt: startedAt, type: "incr", trigger: "change" });
      return { backup: copy, verdicts: [] };
    });
    const all = [known(-1, true), ...copies, known(2.99, true)];
    all.sort((a, b) => Date.parse(a.backup.startedAt) - Date.parse(b.backup.startedAt));
    const kept = stays(all, { daily: 4 });
    assert.ok(kept.includes("b2.99") && kept.length <= 5, kept.join(" "));
    assert.ok(kept.includes(all.at(-1)!.backup.id), "the newest copy is the newest state");
  });

  it("makes no backup old by a clock that jumps, nor by a schedule that stopped", () =>
    assert.deepEqual(stays([known(1, true), known(2, true), known(3, true)], { within: 5 * 86_400 }, 4000), [
      "b1",
      "b2",
      "b3",
    ]));

  it("keeps the one just taken, though a clock that was set back makes it look older than all others", () => {
    const all = [known(1, undefined), known(2, true), known(3, true)];
    const { goes } = decide(all, { ...none, last: 1 }, new Date(start + 3 * DAY), "b1");
    assert.deepEqual(
      goes.map(({ id }) => id),
      ["b2"],
    );
  });

  it("through ten years of any luck: never loses the newest verified one, its base, nor the newest restored", () => {
    const luck = fc.record({
      missing: fc.double({ min: 0, max: 0.5, noNaN: true }),
      bad: fc.double({ min: 0, max: 0.6, noNaN: true }),
      jumps: fc.array(fc.record({ day: fc.nat(3650), by: fc.integer({ min: -400, max: 400 }) }), { maxLength: 4 }),
      seed: fc.integer(),
    });
    const count = fc.nat({ max: 7 });
    const rule = fc.record({ last: count, daily: count, weekly: count, monthly: count, yearly: count });
    fc.assert(
      fc.property(
        luck,
        rule,
        fc.option(fc.integer({ min: 1, max: 60 })),
        ({ missing, bad, jumps, seed }, counts, remote) => {
          const retention: Retention = { ...counts, ...(remote === null ? {} : { remote: remote * 86_400 }) };
          let state = seed >>> 0;
          const chance = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
          let held: Known[] = [];
          let full: string | undefined;
          for (let day = 0; day < 3650; day += 3) {
            if (chance() < missing) continue;
            const wrong = jumps.find((jump) => jump.day >= day && jump.day < day + 3)?.by ?? 0;
            const isFull = full === undefined || chance() < 0.2;
            const id = `b${day}`;
            const at = new Date(start + (day + wrong) * DAY).toISOString();
            const verdict = {
              backup: id,
              verified: chance() >= bad,
              level: chance() < 0.3 ? "restore" : "read",
              at,
              seconds: 1,
              reasons: [],
            } as const;
            const reference = isFull ? {} : { type: "incr" as const, reference: full! };
            held = [
              ...held,
              { backup: backupOf(id, { startedAt: at, endedAt: at, ...reference }), verdicts: [verdict] },
            ];
            held.sort((a, b) => Date.parse(a.backup.startedAt) - Date.parse(b.backup.startedAt));
            if (isFull) full = id;
            const { goes, stays } = decide(held, retention, new Date(start + (day + wrong) * DAY));
            const kept = new Set(stays.map((one) => one.id));
            const good = held.filter(({ verdicts }) => verdicts[0]!.verified);
            const newest = good.at(-1)?.backup;
            const restored = good.filter(({ verdicts }) => verdicts[0]!.level === "restore").at(-1)?.backup;
            for (const one of [newest, restored]) {
              assert.ok(!one || kept.has(one.id));
              assert.ok(!one?.reference || kept.has(one.reference));
            }
            for (const one of stays) assert.ok(!one.reference || kept.has(one.reference), `${one.id} lost its base`);
            assert.equal(goes.length + stays.length, held.length);
            held = held.filter(({ backup }) => kept.has(backup.id));
            if (full !== undefined && !kept.has(full)) full = undefined;
          }
        },
      ),
      { numRuns: 12 },
    );
  }).timeout(20_000);
});
