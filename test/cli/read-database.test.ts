import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { readDatabase } from "../../cli/read-database";
import { commonsOf, placeOf } from "../../components/local/place";
import { makeFolder, own } from "../../engines/files";
import { key } from "../../engines/keys";
import { keptPort } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { firstEpoch } from "../../engines/postgres/epoch";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import { descendants } from "../../engines/process";
import { parsePlan } from "../../plan";
import { fence } from "../../provider/resources/fence";
import { until } from "../helpers/workspace";
import { text } from "../plan/example";

// One server of the plan shop, at its site prod, and no other.
describe("cli/read-database, of a real server", function () {
  this.timeout(240_000);
  const sites = ["prod", "dr"];
  const DATABASE = { name: "orders", database: "orders" };
  let location: string;
  let folder: string;
  let endpoint: Endpoint;
  const read = async (site = "prod") => {
    const project = { folder: location, location, sites, platform: "local", plan: parsePlan(text(), "plan.yaml") };
    const { position, ...said } = await readDatabase(project, site, DATABASE);
    assert.equal(position !== undefined, said.role !== "unreachable", "who answers says how far it has written");
    return said;
  };
  const processes = () => [cluster.runningPid(folder)!].flatMap((pid) => [pid, ...descendants(pid)]);
  const isStopped = (pid: number) => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  const freeze = () =>
    until("the server to hang", () => {
      for (const pid of processes()) process.kill(pid, "SIGSTOP");
      return processes().every(isStopped);
    });
  const thaw = () => {
    for (const pid of processes()) process.kill(pid, "SIGCONT");
  };

  before(async () => {
    location = mkdtempSync(path.join(tmpdir(), "dr-read-"));
    chmodSync(location, 0o755); // the servers' user must reach its folder below
    const { keysFolder, portRegistry } = commonsOf({ location, plan: "shop" });
    const { region, address, socketFolder } = placeOf({ location, plan: "shop", all: sites }, "prod");
    folder = path.join(region, "orders");
    makeFolder(path.dirname(portRegistry));
    makeFolder(region);
    own(region);
    makeFolder(keysFolder, 0o700);
    for (const user of ["postgres", "app", "replicator"]) key(keysFolder, user);
    const port = await keptPort(portRegistry, "orders");
    await cluster.initialise(folder, keysFolder);
    const limits = { archiveTimeoutSeconds: 0, slotCapMiB: 64, archiveCommand: "/bin/true" };
    cluster.configure(folder, { clusterName: "shop-orders-prod", address, port, socketFolder, ...limits });
    await cluster.start(folder);
    endpoint = { address, port, keysFolder };
    await cluster.furnish(endpoint, "orders");
    await connected(endpoint, (client) => firstEpoch(client, "prod"));
  });
  after(async () => {
    if (folder) await cluster.stop(folder);
    rmSync(location, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });

  const of = { site: "prod", database: "orders" };

  it("tells a writer by its role and its epoch", async () =>
    assert.deepEqual(await read(), { ...of, role: "primary", epoch: 1 }));

  it("says that nothing is there, and does not call that silence", async () => {
    const { error, ...said } = await read("dr");
    assert.deepEqual(said, { ...of, site: "dr", role: "unreachable" });
    assert.match(error!, /ECONNREFUSED/);
  });

  it("does not wait for a server that hangs, and says for how long it waited", async () => {
    await freeze();
    try {
      const silent = { role: "unreachable", silent: true, error: "does not answer within 5 s" };
      assert.deepEqual(await read(), { ...of, ...silent });
    } finally {
      thaw();
    }
  });

  for (const [when, asks] of [
    ["before a question", true],
    ["before the end", false],
  ] as const) {
    it(`gives up on a server that begins to hang ${when}, and leaves nothing open`, async () => {
      const sockets = () => process.getActiveResourcesInfo().filter((one) => one === "TCPSocketWrap").length;
      const open = sockets();
      let frozen = Promise.resolve();
      const late = connected({ ...endpoint, withinMs: 2_000 }, async (client) => {
        await client.query("select");
        await (frozen = freeze());
        if (asks) await client.query("select");
      });
      try {
        await assert.rejects(late, { message: "does not answer within 2 s", code: "ETIMEDOUT" });
        await until("the socket to be gone", () => sockets() === open);
      } finally {
        await frozen;
        thaw();
      }
    });
  }

  it("knows a fenced server from a writer: it answers, and refuses the application's writes", async () => {
    const { address, keysFolder } = endpoint;
    const { portRegistry } = commonsOf({ location, plan: "shop" });
    const at = { address, keysFolder, portRegistry, portName: "orders", successor: { site: "dr", address } };
    const inputs = { ...at, site: "prod", database: "orders" };
    const earliest = Math.floor(Date.now() / 1000) * 1000;
    const { outs } = await fence.create(inputs, () => {});
    const latest = Date.now();
    assert.match(outs.proof, /refused a write by the application's user$/);
    const { fencedAt, ...fenced } = await read();
    assert.deepEqual(fenced, { ...of, role: "fenced", epoch: 1 });
    const since = Date.parse(fencedAt!);
    assert.ok(since >= earliest && since <= latest, fencedAt);
    await until("another second", () => Date.now() >= since + 1_000);
    await fence.create(inputs, () => {});
    assert.equal((await read()).fencedAt, fencedAt, "a fence that is set again is of the first time");
    await connected(endpoint, async (client) => {
      await client.query("set session characteristics as transaction read write");
      await client.query("alter role app set default_transaction_read_only = off");
    });
    assert.deepEqual(await read(), { ...of, role: "primary", epoch: 1 }, "a way around the fence is no fence");
  });
});
