import assert from "node:assert/strict";
import { info } from "../../agent/sources/postgresql/pgbackrest";
import * as path from "node:path";
import { connected } from "../../engines/postgres/sql";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../helpers/protected-postgres";

describe("fault 12: WAL is never archived", function () {
  this.timeout(600_000);
  let at: ProtectedPostgres;
  before(async () => (at = await protectedPostgres()));
  after(() => at?.stop());

  it("fails the backup: without its WAL it is none", async () => {
    await connected(at.endpoint, async (client) => {
      await client.query("alter system set archive_command = '/bin/false # in place of pgbackrest'");
      await client.query("select pg_reload_conf()");
    });
    const own = await at.repository();
    const taking = at.physical({ archiveTimeoutSeconds: 3 }).backUp(manual(), own, silent);
    await assert.rejects(taking, /was not archived before the 3000ms timeout/);
    const stanza = {
      ...at.options.stanza,
      repository: at.options.archives["own"]!,
      configFile: path.join(at.folder, "look.conf"),
    };
    assert.deepEqual((await info(stanza))!.backup, []);
  });
});
