import assert from "node:assert/strict";
import * as path from "node:path";
import { killSite } from "../../cli/drill/lose-site";
import * as cluster from "../../engines/postgres/cluster";
import { connected } from "../../engines/postgres/sql";
import { makeWorkspace, until, type Workspace } from "../helpers/workspace";

describe("a synchronous replica", function () {
  this.timeout(600_000);
  let at: Workspace;
  const server = (site: string) => path.join(at.place(site).region, "postgres");
  const kill = (site: string) => killSite(at.place(site).region);
  const write = (site: string) =>
    connected(at.endpoint(site, "app"), async (client) => {
      await client.query("create table if not exists notes (note text)");
      await client.query("insert into notes values ('one more')");
    });
  const waitsFor = (site: string) =>
    connected(at.endpoint(site), async (client) => {
      const sync = "select application_name as name from pg_stat_replication where sync_state = 'sync'";
      return (await client.query<{ name: string }>(sync)).rows.map(({ name }) => name);
    });

  before(() => {
    at = makeWorkspace((plan) => plan.replace("replica: streaming", "replica: synchronous"));
  });
  after(() => at?.remove());

  it("does not hold up a primary that is brought up first, alone", async () => {
    at.up("prod");
    await write("prod");
    assert.deepEqual(await waitsFor("prod"), []);
  });

  it("is waited for with each commit once it streams", async () => {
    at.up("dr");
    at.up("dns");
    assert.deepEqual(await waitsFor("prod"), ["cotai-postgres-dr"]);
    await write("prod");
  });

  it("holds commits while it is away, so that none is acknowledged that it has not", async () => {
    await cluster.stop(server("dr"));
    const held = connected(at.endpoint("prod", "app"), async (client) => {
      await client.query("insert into notes values ('held')");
      return "acknowledged";
    });
    const first = await Promise.race([held, new Promise((resolve) => setTimeout(() => resolve("waits"), 2_000))]);
    assert.equal(first, "waits");
    await cluster.start(server("dr"));
    assert.equal(await held, "acknowledged");
  });

  it("is waited for no more when its site is declared lost", async () => {
    kill("dr");
    at.up("prod", "--config", "dr:siteIsLost=dr");
    await write("prod");
  });

  it("is waited for again when it is back", async () => {
    at.pulumi("config", "rm", "dr:siteIsLost", "--stack", "prod");
    at.up("prod");
    at.up("dr", "--refresh");
    await until("prod to wait for dr", async () => (await waitsFor("prod")).includes("cotai-postgres-dr"));
  });

  it("takes over without waiting for the site that is gone", async () => {
    kill("prod");
    const done = at.dr("failover", "--lost", "prod", "--yes");
    assert.equal(done.code, 0, done.output);
    await write("dr");
  });
});
