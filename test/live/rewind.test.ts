import assert from "node:assert/strict";
import { readFileSync, renameSync } from "node:fs";
import { key } from "../../engines/keys";
import { keptPort } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { saveLostRows } from "../../engines/postgres/lost-rows";
import { keepWalForReturn, rewind } from "../../engines/postgres/rewind";
import { slotName } from "../../engines/postgres/settings";
import { connected, serverState, type Endpoint } from "../../engines/postgres/sql";
import { forkOf } from "../../provider/postgres/history";
import { killSite } from "../../cli/drill/lose-site";
import { temporary } from "../helpers/temporary";
import { until } from "../helpers/workspace";

describe("a server that left the live one's history", function () {
  this.timeout(600_000);
  afterEach(() => killSite(at()));
  const at = temporary();
  const sites = ["old", "live"] as const;
  type Site = (typeof sites)[number];
  const endpoints = {} as Record<Site, Endpoint>;
  const sql = <T extends object>(site: Site, text: string) =>
    connected({ ...endpoints[site], database: "shop" }, async (client) => (await client.query<T>(text)).rows);

  beforeEach(async () => {
    for (const name of ["postgres", "app", "replicator"]) key(at("keys"), name);
    for (const site of sites)
      endpoints[site] = { address: "127.0.0.1", port: await keptPort(at("ports.json"), site), keysFolder: at("keys") };
  });

  /** Kills a server, and waits until nothing of it is in the process table. */
  const kill = async (site: Site) => {
    process.kill(cluster.runningPid(at(site))!, "SIGKILL");
    await until("the server to be gone", () => cluster.runningPid(at(site)) === undefined);
    await cluster.buried(cluster.dataFolder(at(site)));
  };

  const configure = (site: Site, follows?: Site) =>
    cluster.configure(at(site), {
      ...{ clusterName: site, address: "127.0.0.1", port: endpoints[site].port, socketFolder: at(`run-${site}`) },
      ...{ archiveTimeoutSeconds: 60, slotCapMiB: 64, archiveCommand: "/bin/true" },
      ...(follows
        ? {
            upstream: {
              ...{ address: "127.0.0.1", port: endpoints[follows].port, slot: slotName(site) },
              passFile: cluster.passFile(at("keys")),
            },
          }
        : {}),
    });

  const startOld = async () => {
    await cluster.initialise(at("old"), at("keys"));
    configure("old");
    await cluster.start(at("old"));
    await cluster.furnish(endpoints.old, "shop");
  };
  const startLive = async () => {
    await cluster.ensureSlot(endpoints.old, "live");
    const { port, address } = endpoints.old;
    const upstream = { address, port, slot: slotName("live"), passFile: cluster.passFile(at("keys")) };
    await cluster.clone(at("live"), upstream);
    configure("live", "old");
    await cluster.start(at("live"));
  };

  it("says which rows only it had, and is taken back to where it left", async () => {
    await startOld();
    await sql("old", "create table notes (id int primary key, note text, doc jsonb)");
    await sql("old", "create table untouched as select generate_series(1, 100) as n");
    await sql("old", "insert into notes select n, 'note ' || n, '{}' from generate_series(1, 10) n");
    await startLive();
    await until("the copy to hold all", async () => (await sql("live", "select from notes")).length === 10);

    await cluster.stop(at("live"));
    await sql("old", "insert into notes values (11, 'only here, with \"quotes\" and ü', '{\"a\": [1]}')");
    await sql("old", "update notes set note = 'changed here' where id = 3");
    await sql("old", "delete from notes where id in (4, 5)");
    await sql("old", "begin; savepoint s; insert into notes values (12, 'in a savepoint'); release s; commit");
    await sql("old", "begin; insert into notes values (13, 'taken back'); rollback");
    await sql("old", "create table made_here as select 'new' as word");
    await sql("old", "begin; insert into notes values (14, 'prepared'); prepare transaction 'p'").catch(() => {});
    const system = (await connected(endpoints.old, serverState)).systemIdentifier;
    await kill("old");
    await cluster.start(at("live"));
    await connected(endpoints.live, (client) => client.query("select pg_promote()"));
    await sql("live", "insert into notes values (20, 'live')");

    const ending = await cluster.readEnding(at("old"));
    const { timeline } = await connected(endpoints.live, serverState);
    const [history] = await sql<{ text: string }>(
      "live",
      `select pg_read_file('pg_wal/0000000${timeline}.history') as text`,
    );
    const fork = forkOf(history!.text, ending.timeline)!;

    const data = cluster.dataFolder(at("old"));
    const aside = `${data}.aside`;
    renameSync(data, aside);
    const server = { data: aside, logFile: at("old", "server.log"), endpoint: endpoints.old };
    const file = at("old", "lost.jsonl");
    const lost = await saveLostRows(server, { timeline: ending.timeline, fork }, file);
    assert.deepEqual(lost, {
      rows: { "public.made_here": 1, "public.notes": 3 },
      deleted: { "public.notes": 2 },
    });
    const saved = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(saved, [
      { database: "shop", table: "public.made_here", row: { word: "new" } },
      ...[
        { id: 11, note: 'only here, with "quotes" and ü', doc: { a: [1] } },
        { id: 3, note: "changed here", doc: {} },
        { id: 12, note: "in a savepoint", doc: null },
      ].map((row) => ({ database: "shop", table: "public.notes", row })),
    ]);

    renameSync(aside, data);
    await rewind(data, endpoints.live, cluster.passFile(at("keys")));
    configure("old", "live");
    cluster.startInRecovery(data);
    await cluster.ensureSlot(endpoints.live, "old");
    await cluster.start(at("old"));
    await until("it to follow", async () => (await connected(endpoints.old, serverState)).streaming);
    await sql("live", "insert into notes values (21, 'live still')");
    await until("the newest row", async () => (await sql("old", "select from notes where id = 21")).length === 1);
    const rows = (site: Site) => sql(site, "select * from notes order by id");
    assert.deepEqual(await rows("old"), await rows("live"));
    assert.equal((await connected(endpoints.old, serverState)).systemIdentifier, system);
    for (const site of sites) await cluster.stop(at(site));
  });

  it("is taken back however long the live one went on, by the WAL that is kept for it; without that it is told at once", async () => {
    await startOld();
    await sql("old", "create table notes (id int primary key)");
    await startLive();
    await cluster.ensureSlot(endpoints.live, "old"); // as on a standby: it reserves nothing yet
    // The last checkpoint that both have lies where they part: what the old one has of the time before may be gone.
    await sql("old", "checkpoint");
    await sql("old", "insert into notes values (1)");
    await until("the copy to hold all", async () =>
      sql<object>("live", "select from notes").then(
        (rows) => rows.length === 1,
        () => false,
      ),
    );
    await cluster.stop(at("live"));
    await sql("old", "insert into notes values (2)");
    await kill("old");
    await cluster.start(at("live"));
    await connected(endpoints.live, async (client) => {
      await keepWalForReturn(client);
      await client.query("select pg_promote()");
    });
    const goOn = async () => {
      for (let id = 100; id < 104; id++) {
        await sql("live", `insert into notes values (${id}) on conflict do nothing`);
        await sql("live", "select pg_switch_wal()");
        await sql("live", "checkpoint");
      }
    };
    await goOn();
    const other = await cluster.copyAside(at("old"));
    const history = await sql<{ text: string }>("live", "select pg_read_file('pg_wal/00000002.history') as text");
    const fork = forkOf(history[0]!.text, 1)!;
    const back = (data: string) => rewind(data, endpoints.live, cluster.passFile(at("keys")), fork);
    await back(cluster.dataFolder(at("old")));

    await connected(endpoints.live, (client) => client.query("select pg_drop_replication_slot('old')"));
    await goOn();
    await assert.rejects(back(other), /the live site has not all WAL any more/);
    await cluster.stop(at("live"));
  });
});
