import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { AgentConfig } from "../../agent/config";
import { startGuard } from "../../agent/guard";
import { own } from "../../engines/files";
import { key } from "../../engines/keys";
import { keptPort } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { firstEpoch, isOvertaken } from "../../engines/postgres/epoch";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import { holdServer } from "../chaos/servers";
import { startNameServer, type NameServer } from "../helpers/name-server";
import { until } from "../helpers/workspace";

describe("agent/guard", () => {
  const held = { epoch: 3, site: "prod" };
  for (const [what, record, overtaken] of [
    ["another site is live in a newer epoch", { site: "dr", epoch: 4 }, true],
    ["it was just promoted itself, and the record names the other one still", { site: "dr", epoch: 2 }, false],
    ["a rival claims its own epoch", { site: "dr", epoch: 3 }, false],
    ["it is the live one itself", { site: "prod", epoch: 4 }, false],
    ["nobody knows who is live", undefined, false],
  ] as const)
    it(`${overtaken ? "takes writing away where" : "leaves a writer alone where"} ${what}`, () =>
      assert.equal(isOvertaken("prod", record, held), overtaken));

  it("leaves a database alone that was never brought up by a site", () =>
    assert.equal(isOvertaken("prod", { site: "dr", epoch: 4 }, undefined), false));
});

describe("agent/guard at a server", function () {
  this.timeout(180_000);
  let folder: string;
  let endpoint: Endpoint;
  let record: NameServer;
  let stop: (() => void) | undefined;
  const at = (...parts: string[]) => path.join(folder, ...parts);
  const said: string[] = [];
  const guard = (address = endpoint.address) => {
    const authority = { name: "app.shop.test", address: "127.0.0.1", portRegistry: at("names.json"), portName: "dns" };
    const postgresql = { endpoint: { ...endpoint, address }, socketFolder: at("run") };
    const config = { site: "prod", authority, sources: [{ name: "orders", postgresql }] } as unknown as AgentConfig;
    const log = { error: (message: string) => said.push(message) } as never;
    stop = startGuard({ config, log });
  };
  const writes = () =>
    connected(endpoint, (client) =>
      client.query("create table if not exists mine (n int); insert into mine values (1)"),
    );
  const refused = () =>
    writes().then(
      () => false,
      (error: Error) => /read-only transaction/.test(error.message),
    );
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "dr-pg-"));
    own(folder);
    for (const name of ["postgres", "app", "replicator"]) key(at("keys"), name);
    endpoint = { address: "127.0.0.1", port: await keptPort(at("ports.json"), "postgres"), keysFolder: at("keys") };
    await cluster.initialise(at("server"), at("keys"));
    cluster.configure(at("server"), {
      ...{ clusterName: "shop", address: endpoint.address, port: endpoint.port, socketFolder: at("run") },
      ...{ archiveTimeoutSeconds: 60, slotCapMiB: 64 },
    });
    await cluster.start(at("server"));
    await connected(endpoint, (client) => firstEpoch(client, "prod"));
    record = await startNameServer(at("names.json"), "site=prod epoch=1");
  });
  beforeEach(async () => {
    said.length = 0;
    record.say("site=prod epoch=1");
    await connected(endpoint, async (client) => {
      await client.query("alter system reset all");
      await client.query("select pg_reload_conf()");
    });
    await until("the server to take writes", () => refused().then((is) => !is));
  });
  afterEach(() => stop?.());
  after(async () => {
    record?.close();
    await cluster.stop(at("server"));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  it("comes to its server by its socket, though no network leads there", async () => {
    guard("127.0.0.2");
    record.say("site=dr epoch=2");
    await until("it to say so", () => said.length > 0);
    assert.deepEqual([said, await refused()], [["fenced-by-itself"], true]);
  });

  it("takes writing away from a server that hung, once it goes on", async () => {
    const release = holdServer({ server: () => at("server") }, "prod")!;
    try {
      guard();
      record.say("site=dr epoch=2");
      await assert.rejects(
        connected({ ...endpoint, withinMs: 4_000 }, async () => {}),
        /does not answer/,
      );
    } finally {
      release();
    }
    await until("it to say so", () => said.length > 0);
    assert.deepEqual([said, await refused()], [["fenced-by-itself"], true]);
  });
});
