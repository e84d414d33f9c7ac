import assert from "node:assert/strict";
import * as fc from "fast-check";
import { mayRestore, type Asked, type Found } from "../../../provider/postgres/may-restore";

const prod = { site: "prod", epoch: 3 };
const dr = { site: "dr", epoch: 4 };
const asked = { recoverFrom: "latest", lostSite: "prod", lostEpoch: 3 };
const other = "2026-11-21T17:30:00.000Z";
const nothing: Found = { hasData: false, writes: false, authority: prod };
const old: Found = { ...nothing, hasData: true };
const may = (found: Found, change: Partial<Asked> & { inWords?: boolean } = {}) =>
  mayRestore("dr", { ...asked, inWords: false, ...change }, found);

describe("provider/postgres/may-restore", () => {
  const cases: readonly [title: string, "restore" | "done" | "live", Found, Parameters<typeof may>[1]?][] = [
    ["fills an empty place", "restore", nothing],
    ["fills an empty place where no DNS stack was ever up", "restore", { ...nothing, authority: undefined }],
    ["replaces data of the past", "restore", old],
    ["replaces a replica, which has the mistake too, if a point was named", "restore", old, { inWords: true }],
    ["finds done what was restored for this loss", "done", { ...old, restored: { asked, promoted: false } }],
    ["finds it done while it writes already", "done", { ...old, writes: true, restored: { asked, promoted: true } }],
    [
      "finds it done when the name has moved",
      "done",
      { ...old, authority: dr, writes: true, restored: { asked, promoted: true } },
    ],
    [
      "begins anew for another loss",
      "restore",
      { ...old, restored: { asked: { ...asked, lostEpoch: 1 }, promoted: true } },
    ],
    [
      "begins anew from another point while nobody has used the copy",
      "restore",
      { ...old, restored: { asked, promoted: false } },
      { recoverFrom: other, inWords: true },
    ],
    ["leaves a live site alone", "live", { ...old, authority: dr, writes: true }],
    ["leaves a live site alone that does not run just now", "live", { ...old, authority: dr }],
  ];
  for (const [title, what, found, change] of cases) it(title, () => assert.equal(may(found, change), what));

  const way = /npx pulumi-dr restore --to <folder> brings anything else back beside it$/;
  const refused: readonly [title: string, Found, RegExp, Parameters<typeof may>[1]?][] = [
    ["a server that takes writes", { ...old, writes: true }, way],
    [
      "a server that takes writes, for another point",
      { ...old, writes: true },
      way,
      { recoverFrom: other, inWords: true },
    ],
    [
      "a copy that was promoted, for another point",
      { ...old, restored: { asked, promoted: true } },
      /^must not change any more: dr was restored from latest and is live since, .* Set dr:recoverFrom back to latest;/,
      { recoverFrom: other, inWords: true },
    ],
    ["the live site, for a point that was named", { ...old, authority: dr }, way, { inWords: true }],
    [
      "the live site whose data is gone: the other's backups are older than what was lost",
      { ...nothing, authority: dr },
      /^must not be used: dr itself is live \(epoch 4\) and has no data/,
    ],
  ];
  for (const [title, found, message, change] of refused)
    it(`refuses ${title}`, () => assert.throws(() => may(found, change), { message }));

  it("never says restore over a writer, or at the site that the record names", () =>
    fc.assert(
      fc.property(
        fc.record({
          hasData: fc.boolean(),
          writes: fc.boolean(),
          authority: fc.constantFrom(prod, dr, undefined),
          restored: fc.option(
            fc.record({
              asked: fc.record({
                recoverFrom: fc.constantFrom("latest", other),
                lostSite: fc.constant("prod"),
                lostEpoch: fc.constantFrom(1, 3),
              }),
              promoted: fc.boolean(),
            }),
            { nil: undefined },
          ),
        }),
        fc.boolean(),
        ({ restored, ...found }, inWords) => {
          let what: string | undefined;
          try {
            what = may({ ...found, ...(restored ? { restored } : {}) }, { inWords });
          } catch {
            // refused, and nothing is restored
          }
          if (what === "restore") assert.ok(!found.writes && found.authority?.site !== "dr");
        },
      ),
    ));
});
