import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { readBack } from "../../agent/jobs/work";
import { manual, protectedPostgres, silent } from "../helpers/protected-postgres";
import { temporary } from "../helpers/temporary";
import { dataFilesOf, filesBelow } from "../helpers/workspace";
import { protectedFiles } from "./protected-files";

/** Does something while one bit in the middle of a file is wrong. */
async function withFlippedBit(file: string, work: () => Promise<void>): Promise<void> {
  const bytes = readFileSync(file);
  const bad = Buffer.from(bytes);
  bad[Math.floor(bad.length / 2)]! ^= 1;
  chmodSync(file, 0o640);
  writeFileSync(file, bad);
  try {
    await work();
  } finally {
    writeFileSync(file, bytes);
  }
}

describe("fault 2: one bit is wrong", function () {
  this.timeout(600_000);
  const folder = temporary();

  it("is found in restic's data, index and snapshots, and the backup is never called verified", async () => {
    const at = await protectedFiles(folder());
    const backup = await at.backUp("precious ".repeat(10_000));
    for (const kind of ["data", "index", "snapshots"]) {
      let found = 0;
      for (const file of filesBelow(path.join(at.url, kind)))
        await withFlippedBit(file, async () => {
          // What is not of this backup's data is found by the check of the whole.
          const whole = await at.repository.checkStructure().then(
            () => true,
            () => false,
          );
          const read = await at.repository.check(backup.locator).then(
            () => true,
            () => false,
          );
          if (!whole || !read) found++;
        });
      // restic keeps the document of a backup in packs of its own: its bytes are in the snapshot's tags, too.
      assert.ok(found >= (kind === "data" ? 2 : filesBelow(path.join(at.url, kind)).length), `${kind}: ${found} found`);
    }
    const [verdict] = await readBack(at.source, [backup], at.repository);
    assert.equal(verdict!.verified, true);
  });

  it("is found in pgBackRest's data, manifest and information before a restored server is offered", async () => {
    const at = await protectedPostgres();
    try {
      const own = await at.repository();
      const backup = await at.physical().backUp(manual(), own, silent);
      const below = (...parts: string[]) => path.join(at.bucket("own"), "pgbackrest/backup/shop-orders", ...parts);
      const [table] = dataFilesOf(below(backup.locator));
      await withFlippedBit(table!, async () => {
        assert.notDeepEqual((await at.physical().readBack([backup], own)).get(backup.id), []);
        assert.equal((await at.physical().prove(backup, own, path.join(at.folder, "agent"), silent)).verified, false);
      });
      // Each of these has a copy that pgBackRest turns to; without that one, one bit is enough to stop.
      for (const file of [below(backup.locator, "backup.manifest"), below("backup.info")])
        await withFlippedBit(file, () =>
          withFlippedBit(`${file}.copy`, async () => {
            const verdict = await at.physical().prove(backup, own, path.join(at.folder, "agent"), silent);
            assert.equal(verdict.verified, false);
          }),
        );
      assert.equal((await at.physical().prove(backup, own, path.join(at.folder, "agent"), silent)).verified, true);
    } finally {
      await at.stop();
    }
  });
});
