import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { takeBackup } from "../../agent/jobs/work";
import { LogicalPostgresql } from "../../agent/sources/postgresql-logical";
import { binaries, type Binaries } from "../../engines/postgres/binaries";
import { run } from "../../engines/run";
import { serverUser } from "../../engines/user";
import { manual, protectedPostgres, type ProtectedPostgres } from "../helpers/protected-postgres";
import { entry, tools } from "./protected-files";

describe("fault 7: versions do not match", function () {
  this.timeout(600_000);
  let at: ProtectedPostgres;
  let other: ProtectedPostgres;
  before(async () => {
    at = await protectedPostgres();
    other = await protectedPostgres();
    await at.query("create table rows as select n from generate_series(1, 1000) n");
  });
  after(async () => {
    await at?.stop();
    await other?.stop();
  });

  for (const [said, title] of [
    ["pg_dump (PostgreSQL) 12.22", "older"],
    ["pg_dump (PostgreSQL) 99devel", "newer"],
  ] as const)
    it(`refuses a pg_dump that is ${title} than the server before it begins, and publishes nothing`, async () => {
      const real = { ...binaries() };
      const folder = path.join(at.folder, `bin-${title}`);
      mkdirSync(folder);
      for (const name of readdirSync(real.folder))
        if (name !== "pg_dump") symlinkSync(path.join(real.folder, name), path.join(folder, name));
      const ran = path.join(at.folder, `ran-${title}`);
      const script = `#!/bin/sh\n[ "$1" = --version ] && echo "${said}" && exit\ntouch ${ran}\nexec ${real.folder}/pg_dump "$@"\n`;
      writeFileSync(path.join(folder, "pg_dump"), script);
      chmodSync(path.join(folder, "pg_dump"), 0o755);
      const { endpoint, database } = at.options;
      const dump = new LogicalPostgresql({
        ...{ name: "orders.dump", plan: "shop", site: "prod", database, endpoint },
        workFolder: path.join(at.folder, "dumps"),
      });
      const own = await at.repository();
      try {
        (binaries() as { -readonly [key in keyof Binaries]: Binaries[key] }).folder = folder;
        await assert.rejects(
          takeBackup({ source: dump, entry }, manual(), own, tools(path.join(at.folder, "scratch"))),
          new RegExp(
            `the server is PostgreSQL ${real.version} and pg_dump is (12|99): .*Install PostgreSQL ${real.version}`,
          ),
        );
      } finally {
        Object.assign(binaries(), real);
      }
      assert.equal(existsSync(ran), false, "it was not even begun");
      assert.deepEqual(await own.list(), []);
    });

  it("refuses an archive of another cluster when the backup begins, not when it is restored", async () => {
    const own = await at.repository();
    const { backup } = await takeBackup(
      { source: at.physical(), entry },
      manual(),
      own,
      tools(path.join(at.folder, "scratch")),
    );
    const listed = () =>
      run(
        "pgbackrest",
        [`--config=${path.join(at.options.workFolder, "orders-own.conf")}`, "--stanza=shop-orders", "info"],
        {
          user: serverUser(),
          cwd: "/",
        },
      );
    const before = await listed();

    const { stanza, endpoint } = other.options;
    const { archives, stanza: mine } = at.options;
    const stranger = at.physical({ archives, endpoint, stanza: { ...stanza, keysFolder: mine.keysFolder } });
    await assert.rejects(
      takeBackup({ source: stranger, entry }, manual(), own, tools(path.join(at.folder, "scratch"))),
      /another|system identifier|do(es)? not match/i,
    );
    assert.deepEqual(
      (await own.list()).map((known) => known.backup.id),
      [backup.id],
    );
    assert.equal(await listed(), before, "pgBackRest itself holds what it held");
  });
});
