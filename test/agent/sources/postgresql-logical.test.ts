import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as path from "node:path";
import type { Backup, Repository } from "../../../agent/contract";
import { LogicalPostgresql, type LogicalOptions } from "../../../agent/sources/postgresql-logical";
import { connected } from "../../../engines/postgres/sql";
import { makeFolder } from "../../../engines/files";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../../helpers/protected-postgres";

describe("agent/sources/postgresql-logical", function () {
  this.timeout(120_000);
  let at: ProtectedPostgres;
  let own: Repository;
  let backup: Backup;
  const scratch = () => (makeFolder(path.join(at.folder, "scratch"), 0o700), path.join(at.folder, "scratch"));
  const dumps = (changes: Partial<LogicalOptions> = {}) =>
    new LogicalPostgresql({
      ...{ name: "orders.dump", plan: "shop", site: "prod", database: "shop", endpoint: at.endpoint },
      ...{ workFolder: path.join(at.folder, "agent/dump"), ...changes },
    });
  before(async () => {
    at = await protectedPostgres();
    own = await at.repository();
    await at.query("create table orders as select id, md5(id::text) as text from generate_series(1, 5000) id");
    await at.query("create table archive as select id, md5(id::text) as text from generate_series(1, 30000) id");
    backup = await dumps().backUp(manual(), own, silent);
  });
  after(() => at?.stop());

  it("dumps one moment of the database, and leaves nothing behind", () => {
    assert.deepEqual(
      [backup.counts, backup.type, backup.kind],
      [{ "public.archive": 30_000, "public.orders": 5000 }, "full", "logical"],
    );
    assert.equal(existsSync(path.join(at.folder, "agent/dump/dump")), false);
  });

  it("proves it in a server of its own, and fails one that does not hold what it says", async () => {
    assert.deepEqual((await dumps().prove(backup, own, scratch(), silent)).reasons, []);
    const lie = { ...backup, counts: { "public.orders": 5001 }, sentinel: "another" };
    assert.deepEqual((await dumps().prove(lie, own, scratch(), silent)).reasons, [
      "public.orders has 5000 rows; the backup says 5001",
      "the value written just before the backup is not in it",
    ]);
  });

  it("stores little of a second dump that is nearly the same", async () => {
    await at.query("insert into orders values (5001, 'new')");
    const second = await dumps().backUp(manual(), own, silent);
    assert.equal(second.counts["public.orders"], 5001);
    assert.ok(second.bytes.stored < second.bytes.source / 2, `${second.bytes.stored} of ${second.bytes.source}`);
  });

  it("restores all or nothing, over what was there only when told to", async () => {
    const target = `postgresql://postgres@127.0.0.1:${at.endpoint.port}/shop`;
    await at.query("delete from orders");
    await assert.rejects(dumps().restore(backup, own, { target, drop: false }, silent), /already exists/);
    assert.deepEqual(await at.query("select count(*)::int as n from orders"), [{ n: 0 }]);
    await dumps().restore(backup, own, { target, drop: true }, silent);
    assert.deepEqual(await at.query("select count(*)::int as n from orders"), [{ n: 5000 }]);
  });

  it("restores into another database", async () => {
    await connected(at.endpoint, (client) => client.query("create database other"));
    const target = `postgresql://postgres@127.0.0.1:${at.endpoint.port}/other`;
    await dumps().restore(backup, own, { target, drop: false }, silent);
    const { rows } = await connected({ ...at.endpoint, database: "other" }, (client) =>
      client.query("select from orders"),
    );
    assert.equal(rows.length, 5000);
  });

  it("refuses a backup of another type than full", () =>
    assert.rejects(dumps().backUp(manual("incr"), own, silent), {
      message: "a dump has no incr backups: each is a full one",
    }));
});
