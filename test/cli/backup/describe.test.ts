import assert from "node:assert/strict";
import { afterRestore, describeRestore } from "../../../cli/backup/describe";
import { entry } from "./entry";

const now = new Date("2026-11-21T05:13:00.000Z");
const chosen = entry();
const plan = { backups: [chosen], chosen, target: "/srv/pg", time: undefined, drop: false, now };

describe("cli/backup/describe", () => {
  it("says what, from when, how old, into where and what is overwritten", () =>
    assert.deepEqual(describeRestore(plan), [
      "Restore orders:",
      "  backup     orders-20261121T020000.000Z-full, 3.0 GiB, verified (read) at 2026-11-21T02:01:00Z",
      "  as of      2026-11-21T02:01:00Z, 3 h 12 min ago: what was written to orders since then is not in it",
      "  into       /srv/pg",
      "  overwrites nothing: it fails, and changes nothing, if something is there already; --drop replaces it",
    ]));

  const line = (word: string, change: Partial<typeof plan>) =>
    describeRestore({ ...plan, ...change }).find((one) => one.startsWith(`  ${word}`));

  it("counts the loss from the time that is wanted", () =>
    assert.equal(
      line("as of", { time: "2026-11-21T05:00:00.000Z" as never }),
      "  as of      2026-11-21T05:00:00Z, 13 min ago: what was written to orders since then is not in it",
    ));

  it("counts what is not physical from the start of its backup", () => {
    const files = entry({ engine: "files", kind: "files" });
    assert.match(line("as of", { chosen: files })!, / 2026-11-21T02:00:00Z, 3 h 13 min ago/);
  });

  it("says loudly what was never proven", () => {
    const { verdict: _none, ...taken } = entry({ state: "taken" });
    assert.match(line("backup", { chosen: taken })!, /taken: NOT PROVEN TO RESTORE$/);
  });

  it("says that there are newer ones, and how many of them are not verified", () => {
    const newer = entry({ startedAt: "2026-11-21T04:00:00.000Z", state: "failed" });
    assert.equal(
      line("newer", { backups: [newer, chosen] }),
      "  newer      1 of orders, 1 of them not verified; npx pulumi-dr backups orders lists them",
    );
    assert.equal(line("newer", {}), undefined);
  });

  it("names the source where it is overwritten itself", () =>
    assert.equal(line("into", { target: undefined }), "  into       orders itself"));

  it("says of a backup that is only read here where it was taken and where it lies", () => {
    assert.equal(
      line("taken at", { chosen: entry({ inherited: true, repositories: ["copy-of-prod"] }) }),
      "  taken at   prod; it is read from copy-of-prod",
    );
    assert.equal(line("taken at", {}), undefined);
  });

  it("shows no password of a target", () => {
    const target = "mongodb://me:canary-secret@db:27017/shop";
    const mongo = entry({ engine: "mongodb", kind: "logical" });
    const said = describeRestore({ ...plan, chosen: mongo, target }).join("\n");
    assert.match(said, /into {7}db:27017\/shop/);
    assert.doesNotMatch(said, /canary/);
  });

  for (const [engine, kind, drop, said] of [
    ["postgresql", "physical", true, "EVERYTHING in the target is removed first"],
    ["files", "files", true, "each path of the backup that is there already is replaced"],
    ["postgresql", "logical", true, "tables of the target that the backup holds too are dropped first"],
    ["mongodb", "logical", true, "collections of the target that the backup holds too are dropped first"],
    ["mongodb", "logical", false, "documents of the target with the same _id stay; --drop replaces the collections"],
  ] as const)
    it(`says what a restore of ${engine} (${kind})${drop ? " with --drop" : ""} overwrites`, () => {
      const target = engine === "mongodb" ? "mongodb://db/shop" : "/srv/x";
      assert.equal(line("overwrites", { chosen: entry({ engine, kind }), drop, target }), `  overwrites ${said}`);
    });

  it("says how a server is started on what was restored, and how far it comes", () => {
    assert.deepEqual(afterRestore(chosen, "/srv/pg", undefined), [
      "orders as of the backup's end is in /srv/pg; PostgreSQL replayed its WAL up to there, and stopped.",
      "As the folder's owner, start it at a port of its own; it takes writes:",
      '  pg_ctl -D /srv/pg -l /srv/pg/start.log -o "-p 5433" -w start',
    ]);
    const files = entry({ source: "volumes", engine: "files", kind: "files" });
    assert.deepEqual(afterRestore(files, "/srv/x", undefined), ["volumes is in /srv/x"]);
  });
});
