import assert from "node:assert/strict";
import { readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import * as path from "node:path";
import * as cluster from "../../engines/postgres/cluster";
import { connected } from "../../engines/postgres/sql";
import { ONE_AT_A_TIME } from "../../provider/postgres/own-fence";
import { until } from "../helpers/workspace";
import { twoSites, type TwoSites } from "./two-sites";

describe("fault 19: an old primary comes back", function () {
  this.timeout(600_000);
  let at: TwoSites;
  const active = { activation: "active" } as const;
  const write = async (site: string, text: string) => {
    await at.query(site, "create table if not exists notes (note text)");
    await at.query(site, `insert into notes values ('${text}')`);
  };
  const notes = async (site: string) =>
    (await at.query<{ note: string }>(site, "select note from notes order by note")).map(({ note }) => note);
  const role = async (site: string) => (await at.state(site)).role;
  /** Works while dr is as if a promotion of it went on; `isWaitedFor` tells whether another one waits for that. */
  const whilePromotionWaits = (work: (isWaitedFor: () => Promise<boolean>) => Promise<void>) =>
    connected({ ...at.endpoint("dr"), timeoutMs: 60_000 }, async (client) => {
      await client.query("select pg_advisory_lock($1)", [ONE_AT_A_TIME]);
      await work(async () => {
        const waiting = "select from pg_locks where locktype = 'advisory' and not granted";
        return (await client.query(waiting)).rowCount! > 0;
      });
    });
  const twoCopies = async () => (await at.status()).problems.length === 0;

  before(async () => {
    at = await twoSites();
    await write("prod", "before");
    await until("the note at dr", async () => (await notes("dr").catch((): string[] => [])).includes("before"));
  });
  after(() => at?.end());

  it("starts in recovery, whoever starts it, and refuses writes", async () => {
    await at.signal("prod", "SIGKILL");
    await cluster.start(at.server("prod"));
    assert.equal(await role("prod"), "standby");
    await assert.rejects(write("prod", "too early"), /read-only transaction/);
  });

  it("takes its writing up again at the next up, in the epoch that it held, if nobody took over", async () => {
    await at.refreshed("prod", active);
    assert.equal(await role("prod"), "primary");
    await write("prod", "back");
    assert.equal((await at.status()).live?.epoch, 1);
    await until("dr to follow again", async () => (await notes("dr")).includes("back"));
    await until("two copies", twoCopies);
  });

  it("stays read-only while the other site is being promoted, and takes its writing up when that came to nothing", async () => {
    await at.signal("prod", "SIGKILL");
    await whilePromotionWaits(async () => {
      await assert.rejects(at.refreshed("prod", active), /prod stays read-only: a promotion of dr goes on/);
      assert.equal(await role("prod"), "standby");
    });
    await at.refreshed("prod", active);
    await write("prod", "still");
    await until("two copies", twoCopies);
  });

  it("is no second writer if it came back after its fence was proven: nothing is promoted", async () => {
    await at.signal("prod", "SIGKILL");
    let failover: Promise<unknown>;
    await whilePromotionWaits(async (isWaitedFor) => {
      failover = at.up("dr", { ...active, lost: "prod" });
      failover.catch(() => {}); // asked for below
      await until("the promotion to be next", isWaitedFor);
      rmSync(path.join(cluster.dataFolder(at.server("prod")), "standby.signal"));
      await cluster.start(at.server("prod"));
    });
    await assert.rejects(failover!, /prod takes writes again: it came back, or .*\. Nothing was promoted/);
    assert.equal(await role("dr"), "standby");
    await write("prod", "and on");
    await at.refreshed("prod", active);
    await at.up("dr", { activation: "standby" });
    await until("two copies", twoCopies);
  });

  it("is held off if another site took over, the name moved or not, and what only it had is kept", async () => {
    // A write that never leaves the site: its replica is stopped first.
    await cluster.stop(at.server("dr"));
    await write("prod", "only at prod");
    await at.signal("prod", "SIGKILL");
    await cluster.start(at.server("dr"));
    await at.refreshed("dr", { ...active, lost: "prod" });

    const comesBack = async () => {
      await assert.rejects(at.refreshed("prod", active), /demotionToken must be given|dr is live|dr takes them/);
      assert.equal(await role("prod"), "standby");
      await assert.rejects(write("prod", "second writer"), /read-only transaction/);
    };
    // The record still says prod, epoch 1, and no WAL of dr's tells it of the new one: it is dr itself that says no.
    assert.deepEqual((await at.record()).authority, { site: "prod", epoch: 1 });
    await cluster.start(at.server("prod"));
    await comesBack();
    await at.point("dr");
    await write("dr", "after");
    await comesBack();

    await at.up("dr", active);
    const told = (await at.up("prod", { activation: "standby" })).join("\n");
    await until("two copies", twoCopies);
    assert.deepEqual(await notes("prod"), ["after", "and on", "back", "before", "still"]);
    assert.match(told, /only prod had: 1 row of public\.notes; saved in /);
    const kept = readdirSync(at.server("prod")).filter((name) => name.startsWith("data.kept-"));
    assert.equal(kept.length, 2, "the old folder is kept, whole, and the rows that only it had");
    const rows = readFileSync(
      path.join(
        at.server("prod"),
        kept.find((name) => name.endsWith(".jsonl"))!,
      ),
      "utf8",
    );
    assert.deepEqual(
      rows
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
      [{ database: "cotai", table: "public.notes", row: { note: "only at prod" } }],
    );
  });

  it("is fenced again if it came back between two tries of a failover, before the other one is promoted", async () => {
    const lose = () => at.up("prod", { ...active, lost: "dr" });
    // The first try: dr is proven to be down, and prod has nothing to promote.
    await at.signal("dr", "SIGKILL");
    await cluster.stop(at.server("prod"));
    const data = cluster.dataFolder(at.server("prod"));
    renameSync(data, `${data}.away`);
    await assert.rejects(lose(), /prod has no data, and the authority record says dr is live/);
    // Meanwhile somebody starts both, and makes dr write.
    renameSync(`${data}.away`, data);
    rmSync(path.join(cluster.dataFolder(at.server("dr")), "standby.signal"));
    await cluster.start(at.server("dr"));
    await cluster.start(at.server("prod"));
    await write("dr", "between");
    await until("the note at prod", async () => (await notes("prod")).includes("between"));

    await lose();
    assert.equal(await role("prod"), "primary");
    await assert.rejects(write("dr", "second writer"), /read-only transaction/);
    assert.deepEqual(await notes("prod"), ["after", "and on", "back", "before", "between", "still"]);
    await at.point("prod");
    const { databases, problems } = await at.status();
    assert.equal(databases.find(({ site }) => site === "dr")?.role, "fenced");
    assert.deepEqual(problems, ["postgres: one copy only; dr is fenced (read-only)"]);
  });

  it("is fenced no more than that: an up of what is done changes nothing", async () => {
    const done = ["dr:index:Fence postgres-fence", "dr:local:PostgresServer postgres"];
    const before = done.map((one) => at.outs("prod", one));
    await at.up("prod", { ...active, lost: "dr" });
    assert.deepEqual(before.map((outs, index) => outs === at.outs("prod", done[index]!)), [true, true]); // prettier-ignore
  });
});

describe("fault 19: an old primary comes back late", function () {
  this.timeout(600_000);

  // As a stop and a start by hand, and no `kill -9`: here the old primary itself says how it ended.
  it("is copied anew when the live site has no WAL any more from where they parted; its rows are saved all the same", async () => {
    const sites = await twoSites();
    try {
      await sites.query("prod", "create table notes (note text)");
      await until("dr to have all", () => sites.query("dr", "select from notes").then(() => true, () => false)); // prettier-ignore
      await cluster.stop(sites.server("dr"));
      await sites.query("prod", "insert into notes values ('only at prod')");
      await cluster.stop(sites.server("prod"));
      await cluster.start(sites.server("dr"));
      await sites.up("dr", { activation: "active", lost: "prod" });
      await sites.point("dr");
      await sites.query("dr", "insert into notes values ('after')");
      const live = (sql: string) => sites.query("dr", sql, "postgres");
      await live("select pg_drop_replication_slot('prod')"); // as when it is past its cap: nothing is kept for prod
      await live("alter system set archive_command = '/bin/true'"); // what waits for an archive is another fault
      await live("select pg_reload_conf()");
      await until("the old WAL to be gone", async () => {
        await live("select pg_logical_emit_message(true, 'filling', 'x'), pg_switch_wal()");
        await live("checkpoint");
        const [wal] = await live(
          "select min(substr(name, 9)) > '000000000000000A' as gone from pg_ls_waldir() where length(name) = 24",
        );
        return (wal as { gone: boolean }).gone;
      });

      await cluster.start(sites.server("prod"));
      await assert.rejects(sites.query("prod", "insert into notes values ('second writer')"), /read-only transaction/);
      await sites.up("dr", { activation: "active" });
      const told = (await sites.up("prod", { activation: "standby" })).join("\n");
      assert.match(told, /only prod had: 1 row of public\.notes; saved in \S+/);
      assert.match(
        told,
        /prod could not be taken back \(the live site has not all WAL any more from where they parted .*it is copied anew/,
      );
      await until("two copies", async () => (await sites.status()).problems.length === 0);
      assert.deepEqual(await sites.query("prod", "select note from notes"), [{ note: "after" }]);
      const [, file] = /saved in (\S+)/.exec(told)!;
      assert.match(readFileSync(file!, "utf8"), /"row":\{"note":"only at prod"\}/);
    } finally {
      sites.end();
    }
  });
});
