import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Backup, Known } from "../../../agent/contract";
import { chooseBackup } from "../../../provider/postgres/choose-backup";

const DAY = 86_400_000;
const FIRST = Date.parse("2026-11-01T02:00:00.000Z");

/** A backup of a day, which took an hour; with what was proven of it, newest last. */
function known(day: number, verdicts: readonly boolean[] = [true], kind: Backup["kind"] = "physical"): Known {
  const startedAt = new Date(FIRST + day * DAY).toISOString();
  const source = kind === "logical" ? "orders.dump" : "orders";
  const id = `${source}-${startedAt.replaceAll(/[-:]/g, "")}-full`;
  const backup: Backup = {
    ...{ format: 1, id, plan: "shop", site: "prod", source, engine: "postgresql", kind, type: "full" },
    ...{ trigger: "schedule", startedAt, endedAt: new Date(Date.parse(startedAt) + DAY / 24).toISOString() },
    ...{ bytes: { source: 1, stored: 1 }, counts: {}, locator: id, tools: {}, details: {} },
  };
  const said = verdicts.map((verified, at) => ({
    ...{ backup: id, verified, level: "restore" as const, at: new Date(FIRST + at).toISOString(), seconds: 1 },
    reasons: verified ? [] : ["orders is missing"],
  }));
  return { backup, verdicts: said };
}
const at = (day: number, hours: number) => new Date(FIRST + day * DAY + (hours * DAY) / 24).toISOString();

describe("provider/postgres/choose-backup", () => {
  it("takes the newest that is verified, in whatever order they are listed", () => {
    const all = [known(2, []), known(1), known(0), known(3, [true, false])];
    assert.equal(chooseBackup(all, { kind: "latest" }), all[1]!.backup);
  });

  it("takes a physical one before a younger dump, because WAL goes on from it", () => {
    const all = [known(0), known(1, [true], "logical")];
    assert.equal(chooseBackup(all, { kind: "latest" }), all[0]!.backup);
  });

  it("takes a dump where there is nothing else", () => {
    const all = [known(0, [false]), known(1, [true], "logical")];
    assert.equal(chooseBackup(all, { kind: "latest" }), all[1]!.backup);
  });

  it("takes for a moment the newest that was complete by then: while one is taken it is none", () => {
    const all = [known(0), known(1)];
    assert.equal(chooseBackup(all, { kind: "time", time: at(1, 0.5) }), all[0]!.backup);
    assert.equal(chooseBackup(all, { kind: "time", time: at(1, 1) }), all[1]!.backup);
  });

  it("takes one by its id, also if nothing was proven of it yet", () => {
    const all = [known(0), known(1, [])];
    assert.equal(chooseBackup(all, { kind: "backup", id: all[1]!.backup.id }), all[1]!.backup);
  });

  const id = known(1).backup.id;
  const refused: readonly [string, readonly Known[], Parameters<typeof chooseBackup>[1], string][] = [
    ["no backup at all", [], { kind: "latest" }, "there is nothing to recover from: there are no backups"],
    [
      "only what could not be verified",
      [known(0, []), known(1, [false])],
      { kind: "latest" },
      "there is nothing to recover from: none of 2 backups is verified",
    ],
    [
      "a moment before all of them",
      [known(1)],
      { kind: "time", time: at(0, 0) },
      `no verified physical backup was complete by ${at(0, 0)}: the one verified backup is ${id}, complete at ${at(1, 1)}. Give a later moment, or the id of a backup`,
    ],
    [
      "a moment where there are only dumps",
      [known(0, [true], "logical")],
      { kind: "time", time: at(5, 0) },
      `no verified physical backup was complete by ${at(5, 0)}: the one verified backup is orders.dump-20261101T020000.000Z-full, complete at ${at(0, 1)}. Give a later moment, or the id of a backup`,
    ],
    [
      "an id that is not there",
      [known(0), known(1)],
      { kind: "backup", id: "orders-20200101T000000.000Z-full" },
      `there is no backup orders-20200101T000000.000Z-full: verified backups go from ${known(0).backup.id}, complete at ${at(0, 1)}, to ${id}, complete at ${at(1, 1)}`,
    ],
    [
      "one that failed its proof",
      [known(1, [true, false])],
      { kind: "backup", id },
      `${id} could not be verified: orders is missing`,
    ],
  ];
  for (const [title, all, point, message] of refused)
    it(`refuses ${title}, and says what there is`, () => assert.throws(() => chooseBackup(all, point), { message }));

  it("never takes, whatever there is, one that is not verified, or that was not complete by the moment", () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(30), fc.array(fc.boolean(), { maxLength: 2 }), fc.boolean()), {
          selector: ([day]) => day,
        }),
        fc.option(fc.integer({ min: -24, max: 31 * 24 }), { nil: undefined }),
        (made, hour) => {
          const all = made.map(([day, verdicts, isDump]) => known(day, verdicts, isDump ? "logical" : "physical"));
          const time = hour === undefined ? undefined : at(0, hour);
          const fits = ({ backup, verdicts }: Known) =>
            verdicts.at(-1)?.verified === true &&
            (time === undefined || (backup.kind === "physical" && backup.endedAt <= time));
          let chosen: Backup | undefined;
          try {
            chosen = chooseBackup(all, time === undefined ? { kind: "latest" } : { kind: "time", time });
          } catch {
            // judged below
          }
          const fitting = all.filter(fits);
          assert.equal(chosen !== undefined, fitting.length > 0);
          if (!chosen) return;
          const one = fitting.find(({ backup }) => backup === chosen);
          assert.ok(one, "it is one that fits");
          const younger = fitting.filter(
            ({ backup }) => backup.kind === chosen.kind && backup.startedAt > chosen.startedAt,
          );
          assert.deepEqual(younger, []);
        },
      ),
    ));
});
