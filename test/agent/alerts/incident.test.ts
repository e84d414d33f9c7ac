import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  advance,
  FLAP_CALM,
  FLAP_TIMES,
  FLAP_WITHIN,
  type Incidents,
  type Notice,
  type Timing,
} from "../../../agent/alerts/incident";
import type { Breach, Seen } from "../../../agent/alerts/rules";

const MINUTE = 60_000;
const timing: Timing = { wait: () => 300, repeat: () => 3600 };
const noWait: Timing = { ...timing, wait: () => 0 };
const disk: Breach = { rule: "disk", source: "/data", severity: "P2", value: 91, threshold: 85 };
const well: Seen = { breaches: [], unknown: [] };
const bad: Seen = { breaches: [disk], unknown: [] };
const nobodyKnows: Seen = { breaches: [], unknown: [{ rule: "disk", source: "/data" }] };

/** Looks at moments, one after the other; answers what was told, as `minute kind`. */
function told(looks: readonly (readonly [minute: number, seen: Seen])[], how: Timing = timing): string[] {
  let incidents: Incidents = [];
  const all: Notice[] = [];
  for (const [minute, seen] of looks) {
    const next = advance(incidents, seen, minute * MINUTE, how);
    incidents = next.incidents;
    all.push(...next.notices);
  }
  return all.map(({ at, kind }) => `${at / MINUTE} ${kind}`);
}

describe("agent/alerts/incident", () => {
  it("tells once the waiting time is over, not before", () =>
    assert.deepEqual(
      told([
        [0, bad],
        [4, bad],
        [5, bad],
        [6, bad],
      ]),
      ["5 firing"],
    ));

  it("forgets what was over before the waiting time was", () =>
    assert.deepEqual(
      told([
        [0, bad],
        [4, well],
        [5, bad],
        [9, bad],
        [10, bad],
      ]),
      ["10 firing"],
    ));

  it("counts the time that whoever measured already knows of, and none that is to come", () => {
    const since = (minute: number): Seen => ({
      ...well,
      breaches: [{ ...disk, since: new Date(minute * MINUTE).toISOString() }],
    });
    assert.deepEqual(told([[10, since(5)]]), ["10 firing"]);
    assert.deepEqual(
      told([
        [10, since(60)],
        [15, since(60)],
      ]),
      ["15 firing"],
    );
  });

  it("tells that it is over, once", () =>
    assert.deepEqual(
      told(
        [
          [0, bad],
          [1, well],
          [2, well],
        ],
        noWait,
      ),
      ["0 firing", "1 resolved"],
    ));

  it("never calls over what nobody could look at", () =>
    assert.deepEqual(
      told(
        [
          [0, bad],
          [1, nobodyKnows],
          [2, nobodyKnows],
          [3, well],
        ],
        noWait,
      ),
      ["0 firing", "3 resolved"],
    ));

  it("repeats while it lasts", () =>
    assert.deepEqual(
      told(
        [
          [0, bad],
          [59, bad],
          [60, bad],
          [119, bad],
          [121, bad],
        ],
        noWait,
      ),
      ["0 firing", "60 repeat", "121 repeat"],
    ));

  it("tells at once that it became worse", () => {
    const worse: Seen = { ...well, breaches: [{ ...disk, severity: "P0" }] };
    assert.deepEqual(
      told(
        [
          [0, bad],
          [1, worse],
          [2, worse],
          [3, bad],
          [4, worse],
        ],
        noWait,
      ),
      ["0 firing", "1 worse"],
    );
  });

  it("is one incident, as bad as the worst, when seen twice in one look", () => {
    const { notices } = advance([], { ...bad, breaches: [disk, { ...disk, severity: "P1" }] }, 0, noWait);
    assert.deepEqual(
      notices.map(({ key, breach }) => [key, breach.severity]),
      [["disk//data", "P1"]],
    );
  });

  it("says once that it comes and goes, and that it is over after a calm time", () => {
    const looks = Array.from({ length: 12 }, (_, i) => [i, i % 2 === 0 ? bad : well] as const);
    const calm = 11 + FLAP_CALM / MINUTE;
    assert.deepEqual(told([...looks, [calm - 1, well], [calm, well]], noWait), [
      ...["0 firing", "1 resolved", "2 firing", "3 resolved", "4 flapping"],
      `${calm} resolved`,
    ]);
  });

  it("takes what fires now and then for what it is", () => {
    const looks = [0, 40, 80, 120].flatMap((minute) => [[minute, bad] as const, [minute + 1, well] as const]);
    assert.ok(!told(looks, noWait).some((line) => line.endsWith("flapping")));
  });

  it("does not fall silent when the clock is put back", () =>
    assert.deepEqual(
      told(
        [
          [1000, bad],
          [0, bad],
          [60, bad],
        ],
        noWait,
      ),
      ["1000 firing", "60 repeat"],
    ));

  describe("whatever happens", () => {
    const breach = fc.record<Breach>({
      rule: fc.constantFrom("disk", "cpu"),
      source: fc.constantFrom("a", "b"),
      severity: fc.constantFrom("P0", "P1", "P2"),
    });
    const look = fc.record({
      seen: fc.record<Seen>({
        breaches: fc.array(breach, { maxLength: 3 }),
        unknown: fc.array(breach, { maxLength: 1 }),
      }),
      minutes: fc.integer({ min: 1, max: 50 }),
    });
    const history = fc.array(look, { maxLength: 60 });

    const play = (looks: readonly { readonly seen: Seen; readonly minutes: number }[]) => {
      let incidents: Incidents = [];
      let at = 0;
      return looks.map(({ seen, minutes }) => {
        at += minutes * MINUTE;
        const next = advance(incidents, seen, at, timing);
        incidents = next.incidents;
        return { at, seen, ...next };
      });
    };

    it("tells of an end only after a beginning, and in turn", () =>
      fc.assert(
        fc.property(history, (looks) => {
          const open = new Set<string>();
          for (const { kind, key } of play(looks).flatMap(({ notices }) => notices)) {
            const begins = kind === "firing" || kind === "flapping";
            assert.equal(open.has(key), !begins, `${kind} ${key}`);
            if (begins) open.add(key);
            if (kind === "resolved") open.delete(key);
          }
        }),
      ));

    it("never tells of anything but a breach that lasted, and never of an end while it is broken or unknown", () =>
      fc.assert(
        fc.property(history, (looks) => {
          for (const { at, seen, notices } of play(looks))
            for (const { kind, key, since } of notices) {
              const has = (list: readonly { rule: string; source: string }[]) =>
                list.some(({ rule, source }) => `${rule}/${source}` === key);
              assert.equal(kind !== "resolved", has(seen.breaches));
              if (kind === "resolved") assert.ok(!has(seen.unknown));
              else assert.ok(at - since >= 300_000);
            }
        }),
      ));

    it("keeps one incident for a key, and nothing for what was well all along", () =>
      fc.assert(
        fc.property(history, (looks) => {
          for (const { incidents } of play(looks)) {
            assert.equal(new Set(incidents.map(({ key }) => key)).size, incidents.length);
            assert.ok(incidents.every(({ phase, fired }) => phase !== "calm" || fired.length > 0));
          }
        }),
      ));

    it("tells of a lasting breach within its waiting time, then at each repeat, whatever was before", () =>
      fc.assert(
        fc.property(history, (looks) => {
          const lasting = Array.from({ length: 70 }, () => ({ seen: bad, minutes: 1 }));
          const notices = play([...looks, ...lasting])
            .slice(looks.length)
            .flatMap((step) => step.notices.filter(({ key }) => key === "disk//data"));
          assert.deepEqual(
            notices.map(({ kind }) => kind),
            ["firing", "repeat"],
          );
        }),
      ));

    it("says little of what flaps: in any hour no more beginnings than it takes to notice", () =>
      fc.assert(
        fc.property(fc.array(fc.boolean(), { minLength: 10, maxLength: 300 }), (states) => {
          let incidents: Incidents = [];
          const begun: number[] = [];
          states.forEach((isBad, minute) => {
            const next = advance(incidents, isBad ? bad : well, minute * MINUTE, noWait);
            incidents = next.incidents;
            begun.push(...next.notices.filter(({ kind }) => /firing|flapping/.test(kind)).map(({ at }) => at));
          });
          for (const start of begun)
            assert.ok(begun.filter((at) => at >= start && at < start + FLAP_WITHIN).length <= FLAP_TIMES + 1);
        }),
      ));
  });
});
