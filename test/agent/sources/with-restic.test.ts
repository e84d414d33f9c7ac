import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { MongoClient } from "mongodb";
import type { Backup, Source } from "../../../agent/contract";
import { ResticRepository } from "../../../agent/repository/restic";
import { MongodbSource } from "../../../agent/sources/mongodb";
import { RedisSource } from "../../../agent/sources/redis";
import { ask } from "../../../agent/sources/redis/client";
import { startScratch, untilReady, type ScratchServer } from "../../../agent/sources/scratch-server";
import { makeFolder, own } from "../../../engines/files";
import { run } from "../../../engines/run";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";
import { ferretdb, startFerretdb } from "../../standin/ferretdb/start";

const quiet = () => {};
const FULL = { type: "full", trigger: "manual" } as const;

describe("MongoDB and Redis in a restic repository", function () {
  this.timeout(120_000);
  const at = temporary();
  let repository: ResticRepository;
  let running: ScratchServer | undefined;
  let client: MongoClient | undefined;

  beforeEach(async function () {
    if (!isOnPath("restic")) skip(this, "no restic");
    running = client = undefined;
    writeFileSync(at("password"), "a password of the test's own");
    own(at("password"));
    for (const folder of ["repository", "cache", "state"]) makeFolder(at(folder));
    const place = { name: "own", url: at("repository"), passwordFile: at("password"), cacheFolder: at("cache") };
    repository = new ResticRepository(place);
    await repository.open();
  });
  afterEach(async () => {
    await client?.close();
    await running?.stop();
  });

  /** Takes a backup, names it in the repository, and proves it by what the repository alone says. */
  async function takenAndProven(source: Source): Promise<Backup> {
    await repository.writeBackup(await source.backUp(FULL, repository, quiet));
    const [known] = await repository.list(source.name);
    const verdict = await source.prove(known!.backup, repository, at("scratch"), quiet);
    assert.deepEqual([verdict.reasons, verdict.level, verdict.verified], [[], "restore", true]);
    return known!.backup;
  }

  it("keep and bring back MongoDB", async function () {
    const server = await startFerretdb(this, at("server"));
    running = server;
    client = new MongoClient(server.uri);
    await client
      .db("shop")
      .collection<{ _id: number }>("rows")
      .insertMany([{ _id: 1 }, { _id: 2 }]);
    const source = new MongodbSource({
      ...{
        name: "orders",
        plan: "shop",
        site: "prod",
        uri: () => server.uri,
        database: "shop",
        staging: at("staging"),
      },
      scratchServer: ferretdb(this),
    });
    const backup = await takenAndProven(source);
    await client.db("shop").dropDatabase();
    await source.restore(backup, repository, { target: server.uri, drop: true }, quiet);
    assert.deepEqual(await client.db("shop").collection("rows").find({}).toArray(), [{ _id: 1 }, { _id: 2 }]);
  });

  it("keep and bring back Redis, and nothing of a dump that broke", async function () {
    if (!isOnPath("redis-server")) skip(this, "no redis-server");
    makeFolder(at("data"));
    const settings = [
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--repl-diskless-sync-delay",
      "0",
      "--rdb-key-save-delay",
      "100",
    ];
    running = await startScratch(["redis-server", "--port", "{port}", "--dir", "{folder}", ...settings], at("data"));
    const server = { host: "127.0.0.1", port: running.port };
    await untilReady(running, () => ask(server, "PING"), 10_000);
    await ask(server, "EVAL", "for i=1,20000 do redis.call('SET', 'key'..i, i..'-value') end", "0");
    const source = new RedisSource({ name: "cache", plan: "shop", site: "prod", server: () => server });
    const backup = await takenAndProven(source);
    assert.equal(backup.counts.db0, 20_000);
    const { pid } = running;
    const broken = source.backUp(FULL, repository, ({ bytes }) => {
      if (bytes > 50_000) process.kill(pid!, "SIGKILL");
    });
    await assert.rejects(broken);
    const env = { RESTIC_PASSWORD_FILE: at("password"), RESTIC_REPOSITORY: at("repository") };
    const snapshots = await run("restic", ["snapshots", "--json", "--no-cache", "--no-lock", "--tag", "kind=data"], {
      env,
    });
    assert.equal((JSON.parse(snapshots) as unknown[]).length, 1, "only the whole one was published");
    makeFolder(at("new"));
    await source.restore(backup, repository, { target: at("new"), drop: false }, quiet);
    running = await startScratch(["redis-server", "--port", "{port}", "--dir", "{folder}", ...settings], at("new"));
    const again = { host: "127.0.0.1", port: running.port };
    await untilReady(running, () => ask(again, "GET", "key20000"), 10_000);
    assert.equal(await ask(again, "GET", "key20000"), "20000-value");
    await new RedisSource({ name: "cache", plan: "shop", site: "prod", server: () => again }).afterStart(backup);
  });
});
