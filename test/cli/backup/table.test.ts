import assert from "node:assert/strict";
import { summary } from "../../../cli/backup/backup";
import { renderBackups, stateWord } from "../../../cli/backup/table";
import { entry } from "./entry";

describe("cli/backup/table", () => {
  it("has a line for each backup, in columns, numbers to the right", () =>
    assert.deepEqual(
      renderBackups([
        entry({ startedAt: "2026-11-21T02:00:00.123Z" }),
        entry({
          source: "files",
          startedAt: "2026-11-20T02:00:00.000Z",
          bytes: { source: 12, stored: 0 },
          repositories: ["own"],
        }),
      ]),
      [
        "id                                source  type  taken at  started                  size   stored  state            repositories",
        "orders-20261121T020000.123Z-full  orders  full  prod      2026-11-21T02:00:00Z  3.0 GiB  1.5 KiB  verified (read)  own, dr",
        "files-20261120T020000.000Z-full   files   full  prod      2026-11-20T02:00:00Z     12 B      0 B  verified (read)  own",
      ],
    ));

  it("says below the table why a backup failed its proof", () => {
    const at = "2026-11-21T03:00:00.000Z";
    const failed = entry({
      state: "failed",
      verdict: { at, level: "restore", reasons: ["12 rows are gone", "no sentinel"] },
    });
    assert.equal(renderBackups([failed]).at(-1), `! ${failed.id}: 12 rows are gone; no sentinel`);
    assert.equal(stateWord(failed), "FAILED (restore)");
  });

  it("calls a backup that nobody proved taken, and no more", () => {
    const { verdict: _none, ...taken } = entry({ state: "taken" });
    assert.equal(stateWord(taken), "taken");
  });

  describe("summary of a backup", () => {
    it("says ok only of what was proven, and how to prove more", () =>
      assert.equal(
        summary([entry()], [], true).at(-1),
        `ok: 1 backup was taken and read back. Prove one by a restore: npx pulumi-dr verify ${entry().id}`,
      ));
    it("says what failed beside what was taken", () =>
      assert.deepEqual(summary([entry()], [{ source: "files", reason: "no space is left" }], false).slice(-2), [
        "! files: no space is left",
        "NOT OK: 1 backup was taken; see above for what is missing",
      ]));
    it("says that nothing was taken", () =>
      assert.deepEqual(summary([], [{ source: null, reason: "not live" }], false), [
        "! not live",
        "NOT OK: no backup was taken",
      ]));
  });
});
