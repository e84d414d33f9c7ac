import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import * as path from "node:path";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../helpers/protected-postgres";
import { filesBelow, until } from "../helpers/workspace";

describe("fault 11: a segment of WAL is gone from the archive", function () {
  this.timeout(600_000);
  let at: ProtectedPostgres;
  before(async () => (at = await protectedPostgres()));
  after(() => at?.stop());

  it("is named, and a restore past it stops instead of ending early", async () => {
    const own = await at.repository();
    const backup = await at.physical().backUp(manual(), own, silent);
    const segments = () =>
      filesBelow(path.join(at.bucket("own"), "pgbackrest/archive"))
        .filter((file) => /\/[0-9A-F]{24}-/.test(file))
        .sort();
    const stop = String(backup.details["walStop"]);
    const later = () => segments().filter((file) => path.basename(file).slice(0, 24) > stop);
    for (let turn = 0; turn < 3; turn++) {
      await at.query(`create table t${turn} as select 1`);
      await at.query("select pg_switch_wal()");
    }
    await until("three segments in the archive", () => later().length >= 3);
    const time = (await at.query<{ now: Date }>("select clock_timestamp() as now"))[0]!.now;
    await at.query("create table after_it as select 1");
    await at.query("select pg_switch_wal()");
    await until("the last one too", () => later().length >= 4);
    assert.deepEqual(await at.physical().walGaps(own, backup), []);

    const gone = later()[1]!;
    rmSync(gone);
    assert.deepEqual(await at.physical().walGaps(own, backup), [path.basename(gone).slice(0, 24)]);
    const target = path.join(at.folder, "target");
    await assert.rejects(
      at.physical().restore(backup, own, { target, drop: false, time: time.toISOString() }, silent),
      /recovery ended before configured recovery target was reached/,
    );
    assert.equal((await at.physical().prove(backup, own, path.join(at.folder, "agent"), silent)).verified, true);
  });
});
