import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { RedisSource, type RedisOptions } from "../../../agent/sources/redis";
import { ask, type RedisServer } from "../../../agent/sources/redis/client";
import { startScratch, untilReady, type ScratchServer } from "../../../agent/sources/scratch-server";
import { makeFolder } from "../../../engines/files";
import { FolderRepository } from "../../helpers/folder-repository";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";

const quiet = () => {};
const FULL = { type: "full", trigger: "manual" } as const;
const PASSWORD = "canary-Rx7%/pass";

describe("Redis source", function () {
  this.timeout(120_000);
  const at = temporary();
  let running: ScratchServer[];
  let server: RedisServer;
  let repository: FolderRepository;

  beforeEach(async function () {
    if (!isOnPath("redis-server")) skip(this, "no redis-server");
    running = [];
    repository = new FolderRepository(at("repository"));
    await repository.open();
  });
  afterEach(async () => {
    for (const one of running ?? []) await one.stop();
  });

  /** Starts a server on a data folder. */
  async function start(
    folder: string,
    ...settings: string[]
  ): Promise<{ scratch: ScratchServer; server: RedisServer }> {
    makeFolder(folder);
    const scratch = await startScratch(
      [
        "redis-server",
        "--port",
        "{port}",
        "--bind",
        "127.0.0.1",
        "--dir",
        "{folder}",
        "--enable-debug-command",
        "yes",
        "--repl-diskless-sync-delay",
        "0",
      ].concat(settings) as [string, ...string[]],
      folder,
    );
    running.push(scratch);
    server = { host: "127.0.0.1", port: scratch.port };
    await untilReady(
      scratch,
      () => ask({ ...server, ...(settings.includes("--requirepass") ? { password: () => PASSWORD } : {}) }, "PING"),
      10_000,
    );
    return { scratch, server };
  }

  const source = (more: Partial<RedisOptions> = {}) => {
    const here = server;
    return new RedisSource({ name: "cache", plan: "shop", site: "prod", server: () => here, ...more });
  };

  /** Many commands in one go, as redis-cli reads them. */
  const send = (...commands: readonly (readonly (string | Buffer)[])[]) => {
    const encoded = commands.map((parts) =>
      Buffer.concat([
        Buffer.from(`*${parts.length}\r\n`),
        ...parts.flatMap((part) => [
          Buffer.from(`$${Buffer.byteLength(part)}\r\n`),
          Buffer.from(part),
          Buffer.from("\r\n"),
        ]),
      ]),
    );
    const done = spawnSync("redis-cli", ["-p", String(server.port), "--pipe"], {
      input: Buffer.concat(encoded),
      encoding: "utf8",
    });
    assert.match(done.stdout, /errors: 0/, done.stdout);
  };
  const series = (count: number, name: string) => Array.from({ length: count }, (_, n) => `${name}${n}`);

  const fill = () =>
    send(
      ...[
        ["SET", "text", "value"],
        ["SET", "number", "12345"],
        ["SET", "small", "-7"],
        ["SET", "big", "1234567890"],
      ],
      ...[
        ["SET", "packed", "ab".repeat(5_000)],
        ["SET", "empty", ""],
        ["SET", Buffer.from([0, 255, 10, 13]), Buffer.from([0, 1])],
      ],
      ...[
        ["RPUSH", "list", "a", "1", "b"],
        ["RPUSH", "long list", ...series(2_000, "item-")],
        ["RPUSH", "fat list", "x".repeat(20_000), "y"],
      ],
      ...[
        ["SADD", "numbers", "1", "2", "300000"],
        ["SADD", "set", ...series(600, "m")],
        ["SADD", "little set", "a"],
      ],
      ...[
        ["ZADD", "scores", "1.5", "a", "-inf", "b"],
        ["ZADD", "many scores", ...series(300, "z").flatMap((m, n) => [`${n}.25`, m])],
      ],
      ...[
        ["HSET", "hash", "f", "v"],
        ["HSET", "large hash", ...series(1_200, "f")],
        ["PFADD", "hyperloglog", ...series(900, "v")],
      ],
      ...[
        ["SETBIT", "bits", "70000", "1"],
        ["GEOADD", "places", "13.36", "38.11", "Palermo"],
      ],
      ...series(250, "").map((n) => ["XADD", "stream", "*", "n", n]),
      ...[
        ["XGROUP", "CREATE", "stream", "readers", "0"],
        ["XREADGROUP", "GROUP", "readers", "one", "COUNT", "20", "STREAMS", "stream", ">"],
      ],
      ...[
        ["XDEL", "stream", "0-1"],
        ["FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)"],
      ],
      ...[
        ["SET", "soon", "v", "PXAT", "4102444800123"],
        ["SET", "later", "v", "EXAT", "4102444800"],
      ],
      ...[
        ["SELECT", "3"],
        ["MSET", "x", "1", "y", "2"],
        ["SELECT", "9"],
        ["SET", "z", "3"],
      ],
    );
  const COUNTS = { db0: 23, db15: 1, db3: 2, db9: 1 };

  const contents = async () => ({
    digest: await ask(server, "DEBUG", "DIGEST"),
    soon: await ask(server, "PEXPIRETIME", "soon"),
    functions: await ask(server, "FUNCTION", "LIST"),
    groups: await ask(server, "XINFO", "GROUPS", "stream"),
  });

  it("brings back all kinds of values, times to live, binary keys, functions and databases", async () => {
    const { scratch } = await start(at("data"), "--save", "");
    fill();
    const backup = await source().backUp(FULL, repository, quiet);
    const before = await contents();
    assert.deepEqual(backup.counts, COUNTS);
    assert.equal(await ask(server, "DBSIZE"), String(COUNTS.db0));
    assert.match(backup.id, /^cache-\d{8}T\d{6}\.\d{3}Z-full$/);
    assert.match(backup.serverVersion!, /^\d+\.\d+\.\d+$/);
    assert.equal(backup.details.appendOnly, false);
    assert.equal(backup.details.checksum, true);
    assert.equal(backup.details.sentinelDatabase, 15);
    const [locator] = repository.locators();
    assert.equal(backup.bytes.source, readFileSync(repository.fileOf(locator!, "dump.rdb")).length);
    await scratch.stop();

    makeFolder(at("new"));
    writeFileSync(at("new/dump.rdb.999999999.draft"), "what a killed restore left");
    await source().restore(backup, repository, { target: at("new"), drop: false }, quiet);
    assert.deepEqual(readdirSync(at("new")), [`before-${backup.id}`, "dump.rdb"]);
    await start(at("new"), "--save", "");
    assert.deepEqual(await contents(), before);
    await source().afterStart(backup);
  });

  for (const layout of ["folder", "file"] as const)
    it(`is read by a server with the append-only file on, as a ${layout}, over what was there`, async () => {
      const { scratch } = await start(at("data"), "--save", "", "--appendonly", "yes");
      fill();
      const backup = await source().backUp(FULL, repository, quiet);
      assert.equal(backup.details.appendOnly, true);
      const before = await contents();
      send(["SELECT", "0"], ["SET", "written after", "1"], ["DEL", "text"]);
      await scratch.stop();
      if (layout === "file") {
        const [base] = readdirSync(at("data/appendonlydir")).filter((name) => name.endsWith(".base.rdb"));
        makeFolder(at("old"));
        copyFileSync(at("data/appendonlydir", base!), at("old/appendonly.aof"));
      }
      const data = layout === "file" ? at("old") : at("data");

      await assert.rejects(
        source().restore(backup, repository, { target: data, drop: false }, quiet),
        /must hold no data\. Say that it may be replaced/,
      );
      await source().restore(backup, repository, { target: data, drop: true }, quiet);
      assert.ok(existsSync(`${data}/before-${backup.id}`), "what was there is kept");
      const again = await start(data, "--save", "", "--appendonly", "yes");
      assert.deepEqual(await contents(), before);
      send(["SELECT", "0"], ["SET", "written since", "1"]);
      await again.scratch.stop();
      await start(data, "--save", "", "--appendonly", "yes");
      assert.equal(await ask(server, "GET", "written since"), "1", "and goes on from there");
      assert.equal(await ask(server, "GET", "text"), "value");
    });

  it("prepares an append-only file in an empty folder when the server will want one", async () => {
    const { scratch } = await start(at("data"), "--save", "", "--appendonly", "yes");
    send(["SET", "a", "1"]);
    const backup = await source().backUp(FULL, repository, quiet);
    await scratch.stop();
    makeFolder(at("new"));
    await source().restore(backup, repository, { target: at("new"), drop: false }, quiet);
    await start(at("new"), "--appendonly", "yes");
    assert.equal(await ask(server, "GET", "a"), "1");
  });

  it("refuses to restore under a server that runs", async () => {
    const { scratch } = await start(at("data"), "--save", "");
    send(["SET", "a", "1"]);
    const backup = await source().backUp(FULL, repository, quiet);
    await assert.rejects(source().restore(backup, repository, { target: at("data"), drop: true }, quiet), {
      message: `${at("data")} must not be in use; process ${scratch.pid} runs in it. Stop the server first`,
    });
    assert.deepEqual(readdirSync(at("data")), []);
  });

  it("changes nothing for an RDB that is cut off or has a flipped bit, at any place", async () => {
    const { scratch } = await start(at("data"), "--save", "");
    fill();
    const backup = await source().backUp(FULL, repository, quiet);
    await scratch.stop();
    const file = repository.fileOf(backup.locator, "dump.rdb");
    const whole = readFileSync(file);
    makeFolder(at("new"));
    const refuses = async (bytes: Buffer, words: RegExp) => {
      writeFileSync(file, bytes);
      await assert.rejects(source().restore(backup, repository, { target: at("new"), drop: true }, quiet), words);
      assert.deepEqual(readdirSync(at("new")), []);
      const verdict = await source().prove(backup, repository, at("scratch"), quiet);
      assert.deepEqual([verdict.verified, verdict.level], [false, "read"]);
    };
    for (const size of [0, 5, 9, 100, whole.length >> 1, whole.length - 9, whole.length - 8, whole.length - 1])
      await refuses(whole.subarray(0, size), /it is cut off at byte \d+/);
    for (let place = 0; place < whole.length; place += Math.floor(whole.length / 25)) {
      const flipped = Buffer.from(whole);
      flipped[place]! ^= 0x10;
      await refuses(flipped, /./);
    }
  });

  it("loads a backup into a server of its own for proof, and tells keys that are missing", async () => {
    await start(at("data"), "--save", "");
    fill();
    send(["SET", "gone soon", "v", "PX", "5000"]);
    const backup = await source().backUp(FULL, repository, quiet);
    assert.equal(backup.counts.db0, COUNTS.db0 + 1);
    while ((await ask(server, "EXISTS", "gone soon")) !== "0") await new Promise((resolve) => setTimeout(resolve, 100));
    const verdict = await source().prove(backup, repository, at("scratch"), quiet);
    assert.deepEqual([verdict.reasons, verdict.verified, verdict.level], [[], true, "restore"]);
    assert.deepEqual(readdirSync(at("scratch")), []);
    const other = await source().prove(
      { ...backup, counts: { ...backup.counts, db3: 3 } },
      repository,
      at("scratch"),
      quiet,
    );
    assert.deepEqual(
      [other.verified, other.reasons],
      [false, [`${backup.id} is not whole\n  db3: 3 keys were backed up, 2 came back`]],
    );
    const stranger = await source().prove({ ...backup, sentinel: "another" }, repository, at("scratch"), quiet);
    assert.match(stranger.reasons[0]!, /the value written just before the backup is not in it/);
  });

  it("logs in with the password and never shows it", async () => {
    await start(at("data"), "--save", "", "--requirepass", PASSWORD);
    const login = { ...server, password: () => PASSWORD };
    const backup = await source({ server: () => login }).backUp(FULL, repository, quiet);
    assert.deepEqual(backup.counts, { db15: 1 });
    const wrong = source({ server: () => ({ ...server, password: () => `${PASSWORD}-wrong` }) });
    for (const attempt of [
      () => wrong.preflight(),
      () => wrong.backUp(FULL, repository, quiet),
      () => source().preflight(),
    ])
      await assert.rejects(attempt, (error: Error) => {
        assert.match(error.message, /^Redis at 127\.0\.0\.1:\d+: .*(NOAUTH|WRONGPASS)/s);
        assert.ok(!error.message.includes("canary"), error.message);
        return true;
      });
    assert.equal(repository.locators().length, 1);
    assert.ok(!JSON.stringify(backup).includes("canary"));
  });

  it("publishes nothing when the server dies in the middle of a dump", async () => {
    const { scratch } = await start(at("data"), "--save", "", "--rdb-key-save-delay", "200");
    send(...series(20_000, "key").map((key) => ["SET", key, "v".repeat(500)]));
    const backingUp = source().backUp(FULL, repository, ({ bytes }) => {
      if (bytes > 100_000) process.kill(scratch.pid!, "SIGKILL");
    });
    await assert.rejects(backingUp, /redis-cli ended with exit code 1/);
    assert.deepEqual(repository.locators(), []);
    assert.deepEqual(readdirSync(`${repository.url}/data`), []);
  });

  it("has the cache filled after the start, and says so when it is not", async () => {
    await start(at("data"), "--save", "");
    const backup = await source().backUp(FULL, repository, quiet);
    const asked: string[] = [];
    let status = 200;
    const service = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.writeHead(status).end();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => service.once("listening", resolve));
    try {
      const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/api/v1/system/cache/warmup`;
      const warming = source({ warm: { url, token: () => "secret" } });
      await warming.afterStart(backup);
      assert.deepEqual(asked, ["POST /api/v1/system/cache/warmup Bearer secret"]);
      status = 503;
      await assert.rejects(warming.afterStart(backup), {
        message: "the cache was not warmed: /api/v1/system/cache/warmup answered 503",
      });
      await assert.rejects(warming.afterStart({ ...backup, sentinel: "another" }), /does not hold/);
    } finally {
      service.close();
    }
  });
});
