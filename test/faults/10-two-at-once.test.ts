import assert from "node:assert/strict";
import { info } from "../../agent/sources/postgresql/pgbackrest";
import * as path from "node:path";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../helpers/protected-postgres";

describe("fault 10: two backups at once", function () {
  this.timeout(600_000);
  let at: ProtectedPostgres;
  before(async () => (at = await protectedPostgres()));
  after(() => at?.stop());

  it("come one after the other, and both are good", async () => {
    await at.query("create table orders as select id, md5(id::text) as text from generate_series(1, 100000) id");
    const own = await at.repository();
    const agents = ["one", "two"].map((name) => at.physical({ workFolder: path.join(at.folder, name) }));
    const backups = await Promise.all(agents.map((agent) => agent.backUp(manual(), own, silent)));
    assert.notEqual(backups[0]!.locator, backups[1]!.locator);
    const stanza = {
      ...at.options.stanza,
      repository: at.options.archives["own"]!,
      configFile: path.join(at.folder, "look.conf"),
    };
    const [first, second, ...rest] = (await info(stanza))!.backup;
    assert.deepEqual(rest, []);
    assert.ok(first!.timestamp.stop <= second!.timestamp.start, "they do not overlap");
    const read = await agents[0]!.readBack(backups, own);
    assert.deepEqual([...read.values()].flat(), []);
  });
});
