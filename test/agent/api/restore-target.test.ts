import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import type { AgentConfig } from "../../../agent/config";
import type { Backup } from "../../../agent/contract";
import { repositoryOf } from "../../../agent/repository/stores";
import { makeFolder } from "../../../engines/files";
import { key } from "../../../engines/keys";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";
import { configIn, endAgents, startAgent, type Answer, type RunningAgent } from "../running";
import { held } from "./fake";

/** Nothing answers at a port that nobody may listen on. */
const NOBODY = 1;

describe("an agent that is asked for a restore that cannot be", function () {
  this.timeout(600_000);
  let agent: RunningAgent;
  let config: AgentConfig;
  const folder = temporary();

  before(function () {
    if (!isOnPath("restic")) skip(this, "no restic");
  });
  afterEach(endAgents);

  const named = (change: Partial<Backup>) => held({ ...change, id: `of-${change.source}` }).backup;
  const BACKUPS = [
    named({ source: "volumes", engine: "files", kind: "files", details: { paths: "/uploads" } }),
    named({ source: "orders" }),
    named({ source: "orders.dump", kind: "logical" }),
    named({ source: "cache", engine: "redis", kind: "logical" }),
    named({ source: "left-the-plan", engine: "files", kind: "files", details: { paths: "/old" } }),
  ];

  async function start(): Promise<void> {
    config = await configIn(folder, (plan) => {
      const backup = { full: "0 2 * * *", dump: "0 3 * * *" };
      plan.data["orders"] = { engine: "postgresql", database: "orders", backup };
      plan.data["cache"] = { engine: "redis", address: "REDIS_URL", backup: { full: "0 2 * * *" } };
    });
    const postgresql = {
      endpoint: { address: "127.0.0.1", port: NOBODY, keysFolder: folder("keys") },
      ...{ stanza: "shop-orders", dataFolder: folder("data"), socketFolder: folder("data") },
      ...{ workFolder: folder("work"), passFile: folder("pgpass") },
    };
    const sources = config.sources.map((one) => (one.name === "orders" ? { ...one, postgresql } : one));
    writeFileSync(folder("secrets/REDIS_URL"), `redis://127.0.0.1:${NOBODY}`);
    key(folder("keys"), "postgres");
    const repository = repositoryOf(config, config.repositories[0]!, () => undefined);
    await repository.open();
    for (const backup of BACKUPS) await repository.writeBackup(backup);
    agent = await startAgent({ ...config, sources }, folder());
  }
  const ask = (body: object): Promise<Answer> => agent.ask("POST", "/api/v1/system/backup/restore", body);
  const refused = async (body: object, rule: RegExp, wayOut: RegExp): Promise<void> => {
    const { status, json, text } = await ask(body);
    assert.equal(status, 422, text);
    assert.match(String(json["detail"]), rule);
    assert.match(String(json["wayOut"]), wayOut);
    assert.ok(!text.includes("canary"), text);
  };

  it("says at once which rule the target breaks and the way out, and begins nothing", async () => {
    await start();
    for (const one of ["busy", "full", "kept/uploads", "redis"]) makeFolder(folder(one));
    for (const one of ["busy/postmaster.pid", "full/file", "redis/dump.rdb", "plain"]) writeFileSync(folder(one), "");

    const into = (backupId: string, target: string, more: object = {}) => ({
      ...{ backupId, target, confirm: URL.canParse(target) ? new URL(target).host + new URL(target).pathname : target },
      ...more,
    });
    const keep = { drop: false };
    await refused(
      into("of-orders", folder("busy")),
      /`target` must not be in use; a server runs on it/,
      /Stop it first/,
    );
    await refused(into("of-orders", folder("full"), keep), /`target` must be empty/, /`drop`/);
    await refused(into("of-orders", folder("plain")), /`target` must be a folder; a file is there/, /another path/);
    await refused(
      into("of-orders", folder("bucket")),
      /`target` must not touch .*bucket, which the agent itself/,
      /another/,
    );
    await refused(
      into("of-orders", folder()),
      /`target` must not touch .*, which the agent itself needs/,
      /another folder/,
    );
    await refused(into("of-volumes", folder("keys/deep")), /`target` must not touch .*keys,/, /another folder/);
    await refused(into("of-volumes", folder("kept"), keep), /`target` must not hold .*kept\/uploads yet/, /`drop`/);
    await refused(
      into("of-cache", folder("nowhere")),
      /the data folder of a stopped server; no such folder/,
      /Name one/,
    );
    await refused(into("of-cache", folder("redis"), keep), /`target` must hold no data/, /`drop`/);
    const server = `postgresql://postgres:canary@127.0.0.1:${NOBODY}/orders`;
    await refused(
      into("of-orders.dump", server),
      /`target` must be a database that can be reached: .*refused/i,
      /Start it/,
    );
    const time = new Date(Date.now() + 3_600_000).toISOString();
    await refused(into("of-orders", folder("new"), { time }), /`time` must not lie in the future/, /moment before/);
    await refused(
      { backupId: "of-left-the-plan", confirm: "left-the-plan" },
      /the plan protects nothing/,
      /It protects/,
    );
    const unknown = await ask({ backupId: "of-nothing" });
    assert.deepEqual([unknown.status, unknown.json["detail"]], [404, 'no repository holds a backup "of-nothing"']);

    assert.ok(!agent.output().includes('"restore-started"'), agent.output());
    assert.deepEqual([existsSync(folder("new")), readdirSync(folder("full"))], [false, ["file"]]);
  });
});
