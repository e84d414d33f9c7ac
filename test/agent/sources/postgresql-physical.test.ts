import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Backup, Repository } from "../../../agent/contract";
import { withServerOn } from "../../../agent/sources/postgresql/scratch";
import { makeFolder } from "../../../engines/files";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../../helpers/protected-postgres";

describe("agent/sources/postgresql-physical", function () {
  this.timeout(240_000);
  let at: ProtectedPostgres;
  let own: Repository;
  let full: Backup;
  const scratch = (name = "scratch") => {
    const folder = path.join(at.folder, name);
    rmSync(folder, { recursive: true, force: true });
    makeFolder(folder, 0o700);
    return folder;
  };
  before(async () => {
    at = await protectedPostgres();
    own = await at.repository();
    await at.query("create table orders as select id, repeat('x', 100) as text from generate_series(1, 20000) id");
    await at.query("create table parts (id int primary key) partition by range (id)");
    await at.query("create table parts_1 partition of parts for values from (0) to (100)");
    await at.query("insert into parts select generate_series(1, 50)");
  });
  after(() => at?.stop());

  it("takes a full backup that says what it holds", async () => {
    full = await at.physical().backUp(manual(), own, silent);
    assert.equal(full.type, "full");
    assert.match(full.id, /^orders-\d{8}T\d{6}\.\d{3}Z-full$/);
    assert.deepEqual(full.counts, { "public.orders": 20_000, "public.parts_1": 50 });
    assert.ok(full.sentinel);
    assert.ok(full.bytes.source > 1e6 && full.bytes.stored < full.bytes.source);
    assert.match(String(full.details["systemIdentifier"]), /^\d{19}$/);
  });

  it("proves it: restored, opened by the engine, compared, destroyed; the source is not touched", async () => {
    const verdict = await at.physical().prove(full, own, scratch(), silent);
    assert.deepEqual(verdict.reasons, []);
    assert.deepEqual([verdict.verified, verdict.level, verdict.backup], [true, "restore", full.id]);
    assert.equal(existsSync(path.join(at.folder, "scratch/data")), false);
    assert.deepEqual(await at.query("select count(*)::int as n from orders"), [{ n: 20_000 }]);
  });

  it("takes an incremental one that names what it builds on, and proves it", async () => {
    await at.query("insert into orders select generate_series(20001, 20100), 'new'");
    const incremental = await at.physical().backUp(manual("incr"), own, silent);
    assert.deepEqual([incremental.type, incremental.reference], ["incr", full.id]);
    assert.equal(incremental.counts["public.orders"], 20_100);
    assert.ok(incremental.bytes.stored < full.bytes.stored);
    assert.equal((await at.physical().prove(incremental, own, scratch(), silent)).verified, true);
  });

  for (const [what, lie] of [
    ["a count that is wrong", (b: Backup): Backup => ({ ...b, counts: { ...b.counts, "public.orders": 20_001 } })],
    ["a table that is not there", (b: Backup): Backup => ({ ...b, counts: { ...b.counts, "public.gone": 1 } })],
    ["a sentinel of another backup", (b: Backup): Backup => ({ ...b, sentinel: "another" })],
  ] as const)
    it(`fails ${what}`, async () => {
      const verdict = await at.physical().prove(lie(full), own, scratch(), silent);
      assert.equal(verdict.verified, false);
      assert.equal(verdict.reasons.length, 1, verdict.reasons.join("\n"));
    });

  it("runs the plan's queries, and fails a restore that took too long", async () => {
    const queries = [
      { name: "many orders", sql: "select count(*) from orders", atLeast: 1e6 },
      { sql: "select 1 from nowhere" },
      { sql: "select true", equals: true },
    ];
    const { reasons } = await at.physical({ queries, maxRestoreSeconds: 0 }).prove(full, own, scratch(), silent);
    assert.match(reasons[0]!, /^it took \d+ s to restore; the plan allows 0 s$/);
    assert.equal(reasons[1], "many orders: must be 1000000 or more; got 20000");
    assert.equal(reasons[2], 'select 1 from nowhere: relation "nowhere" does not exist');
    assert.equal(reasons.length, 3);
  });

  it("restores any point in time, and refuses a folder that is in use or full", async () => {
    const backup = await at.physical().backUp(manual("incr"), own, silent);
    await at.query("create table before_it as select 1");
    const [{ now }] = (await at.query<{ now: Date }>("select clock_timestamp() as now")) as [{ now: Date }];
    await at.query("select pg_sleep(0.05)");
    await at.query("drop table before_it");
    const target = path.join(at.folder, "pitr");
    const request = { target, drop: false, time: now.toISOString().replace("Z", "9Z") };
    await at.physical().restore(backup, own, { ...request, time: new Date(now.getTime() + 1).toISOString() }, silent);
    const there = await withServerOn(target, (copy) =>
      copy.connected(
        "shop",
        async (client) => (await client.query("select to_regclass('before_it') as it")).rows as { it: string | null }[],
      ),
    );
    assert.deepEqual(there, [{ it: "before_it" }]);
    const beyond = { target: path.join(at.folder, "beyond"), drop: false, time: "2099-01-01T00:00:00Z" };
    await assert.rejects(
      at.physical().restore(backup, own, beyond, silent),
      /recovery ended before configured recovery target was reached/,
    );
    await assert.rejects(at.physical().restore(backup, own, { target, drop: false }, silent), /must be empty/);
    const data = at.options.stanza.dataFolder;
    await assert.rejects(
      at.physical().restore(backup, own, { target: data, drop: true }, silent),
      /must not be in use/,
    );
  });

  it("reads a repository back, and names what is damaged", async () => {
    assert.deepEqual([...(await at.physical().readBack([full], own)).values()].flat(), []);
    const folder = path.join(at.bucket("own"), "pgbackrest/backup/shop-orders", full.locator);
    const [biggest] = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("backup.manifest"))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort((a, b) => statSync(b).size - statSync(a).size);
    const whole = readFileSync(biggest!);
    writeFileSync(biggest!, whole.subarray(0, whole.length * 0.99));
    const wrong = [...(await at.physical().readBack([full], own)).values()].flat();
    assert.match(wrong.join("\n"), /invalid|missing|error/);
    const verdict = await at.physical().prove(full, own, scratch(), silent);
    assert.equal(verdict.verified, false);
    assert.match(verdict.reasons.join("\n"), /cannot be restored from own/);
    writeFileSync(biggest!, whole);
  });

  it("finds a gap in the WAL, and none where there is none", async () => {
    assert.deepEqual(await at.physical().walGaps(own, full), []);
  });

  it("goes on with one repository when the bucket of the other is lost, WAL and all", async () => {
    const dr = await at.repository("dr");
    rmSync(at.bucket("dr"), { recursive: true });
    for (let turn = 0; turn < 3; turn++) {
      await at.query("insert into orders values (0, 'more')");
      const backup = await at.physical().backUp(manual("incr"), own, silent);
      assert.equal((await at.physical().prove(backup, own, scratch(), silent)).verified, true);
    }
    await assert.rejects(at.physical().backUp(manual("incr"), dr, silent), /bucket .*dr is not there/);
    assert.equal(existsSync(at.bucket("dr")), false);
  });
});
