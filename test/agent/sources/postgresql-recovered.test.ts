import assert from "node:assert/strict";
import * as path from "node:path";
import { writeWhole } from "../../../engines/files";
import { archiveCommand } from "../../../engines/pgbackrest";
import * as cluster from "../../../engines/postgres/cluster";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../../helpers/protected-postgres";

describe("agent/sources/postgresql-physical, after a recovery from a dump", function () {
  this.timeout(240_000);
  let at: ProtectedPostgres;
  before(async () => {
    at = await protectedPostgres();
    await at.physical().backUp(manual(), await at.repository(), silent);
    // The same place, and another cluster in it.
    const folder = path.join(at.folder, "server");
    const { keysFolder, port } = at.endpoint;
    await cluster.stop(folder);
    cluster.setAside(folder);
    await cluster.initialise(folder, keysFolder);
    cluster.configure(folder, {
      ...{ clusterName: "shop-orders", address: "127.0.0.1", port, socketFolder: at.options.stanza.socketFolder },
      ...{ archiveTimeoutSeconds: 60, slotCapMiB: 64 },
      archiveCommand: archiveCommand(path.join(folder, "pgbackrest.conf"), "shop-orders"),
    });
    await cluster.start(folder);
    await cluster.furnish(at.endpoint, "shop");
  });
  after(() => at?.stop());

  it("refuses another cluster in its archive that nobody restored", async () =>
    assert.rejects(at.physical().backUp(manual(), await at.repository(), silent), /do not match stanza/));

  it("goes on in the archive that the lost cluster had, and keeps what is in it", async () => {
    writeWhole(cluster.recoveryMark(cluster.dataFolder(path.join(at.folder, "server"))), "one\n");
    const own = await at.repository();
    const backup = await at.physical().backUp(manual(), own, silent);
    assert.equal(backup.type, "full");
    assert.equal((await at.physical().labels(own)).length, 2);
  });
});
