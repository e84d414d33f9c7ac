import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import type { RepositoryError } from "../../agent/repository/refusal";
import { ResticRepository } from "../../agent/repository/restic";
import { makeFolder, writeWhole } from "../../engines/files";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../helpers/protected-postgres";

describe("fault 6: the key is wrong", function () {
  this.timeout(600_000);
  let at: ProtectedPostgres;
  before(async () => (at = await protectedPostgres()));
  after(() => at?.stop());

  it("is told apart from a lost bucket, and leaves no partial data", async () => {
    const own = await at.repository();
    const backup = await at.physical().backUp(manual(), own, silent);
    const keysFolder = path.join(at.folder, "other-keys");
    makeFolder(keysFolder, 0o700);
    for (const name of ["repository", "restic"]) writeWhole(path.join(keysFolder, `${name}.key`), "not the key\n");

    const place = { name: "own", url: own.url, passwordFile: path.join(keysFolder, "restic.key") };
    const locked = new ResticRepository({ ...place, cacheFolder: path.join(at.folder, "other-cache") });
    await assert.rejects(locked.open(), (error: RepositoryError) => (assert.equal(error.fault, "wrong-key"), true));

    const target = path.join(at.folder, "target");
    const stanza = { ...at.options.stanza, keysFolder };
    const restoring = at.physical({ stanza }).restore(backup, own, { target, drop: false }, silent);
    await assert.rejects(
      restoring,
      /cannot be restored from own: .*(cipher|key|decrypt|CryptoError|unable to (load|read))/is,
    );
    assert.ok(!existsSync(target) || readdirSync(target).length === 0);
  });
});
