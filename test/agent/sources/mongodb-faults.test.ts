import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { buildSync } from "esbuild";
import { MongoClient, MongoServerError } from "mongodb";
import { MongodbSource } from "../../../agent/sources/mongodb";
import { connected, withoutSecret } from "../../../agent/sources/mongodb/connection";
import { FolderRepository } from "../../helpers/folder-repository";
import { temporary } from "../../helpers/temporary";
import { until } from "../../helpers/workspace";
import { startFerretdb, type Ferretdb } from "../../standin/ferretdb/start";

const quiet = () => {};
const FULL = { type: "full", trigger: "manual" } as const;
const MiB = 1024 * 1024;

describe("MongoDB source, when things go wrong", function () {
  this.timeout(240_000);
  const at = temporary();
  let server: Ferretdb;
  let repository: FolderRepository;

  beforeEach(async function () {
    server = await startFerretdb(this, at("server"));
    repository = new FolderRepository(at("repository"));
    await repository.open();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    await server?.stop();
  });
  const clients: MongoClient[] = [];
  const connect = () => {
    const client = new MongoClient(server.uri);
    clients.push(client);
    return client;
  };

  const source = (uri = server.uri) =>
    new MongodbSource({
      name: "orders",
      plan: "shop",
      site: "prod",
      uri: () => uri,
      database: "shop",
      staging: at("staging"),
    });

  const fill = async (count: number, padding: number) => {
    const client = connect();
    const batch = 5_000;
    for (let from = 0; from < count; from += batch) {
      const rows = Array.from({ length: Math.min(batch, count - from) }, (_, n) => ({
        _id: from + n,
        text: "x".repeat(padding),
      }));
      await client.db("shop").collection<{ _id: number; text: string }>("rows").insertMany(rows);
    }
  };

  /** A backup in a process of its own, without a compiler in its memory: prints `ready` at so many bytes and waits. */
  const backUpInChild = (stopAt: number) => {
    const code = `
      import { MongodbSource } from "./agent/sources/mongodb";
      import { connected, withoutSecret } from "../../../agent/sources/mongodb/connection";
import { FolderRepository } from "./test/helpers/folder-repository";
      const source = new MongodbSource({ name: "orders", plan: "shop", site: "prod", database: "shop",
        uri: () => ${JSON.stringify(server.uri)}, staging: ${JSON.stringify(at("staging"))} });
      source.backUp({ type: "full", trigger: "manual" }, new FolderRepository(${JSON.stringify(at("repository"))}), ({ bytes }) => {
        if (bytes < ${stopAt}) return;
        process.stdout.write("ready\\n");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }).then(async (backup) => {
        const target = ${JSON.stringify(server.uri.replace("/?", "/other?"))};
        await source.restore(backup, new FolderRepository(${JSON.stringify(at("repository"))}), { target, drop: true }, () => {});
        console.log(JSON.stringify(backup.counts));
      }).catch((error) => { console.error(error); process.exit(1); });`;
    const project = path.join(__dirname, "../../..");
    const stdin = { contents: code, resolveDir: project, loader: "ts" as const };
    buildSync({ stdin, bundle: true, platform: "node", packages: "external", outfile: at("child.cjs") });
    const env = { ...process.env, NODE_PATH: path.join(project, "node_modules") };
    const child = spawn(process.execPath, [at("child.cjs")], { env });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
      child.on("close", (exit) => resolve({ code: exit, said })),
    );
    return { pid: child.pid!, ready: () => until("it is ready", () => said.includes("ready")), ended };
  };

  it("publishes nothing when the server dies in the middle of a dump, and leaves nothing", async function () {
    await fill(20_000, 500);
    for (const bytes of [1, 3 * MiB, 7 * MiB]) {
      let killed = false;
      const backingUp = source(`${server.uri}&serverSelectionTimeoutMS=300`).backUp(FULL, repository, (progress) => {
        if (!killed && progress.bytes >= bytes) killed = process.kill(server.pid!, "SIGKILL");
      });
      await assert.rejects(backingUp);
      assert.ok(killed);
      assert.deepEqual(readdirSync(path.join(repository.url, "data")), []);
      assert.deepEqual(readdirSync(at("staging")), []);
      server = await startFerretdb(this, at("server"));
    }
    const backup = await source().backUp(FULL, repository, quiet);
    assert.equal(backup.counts["shop.rows"], 20_000);
  });

  it("publishes nothing when it is killed itself, and the next one clears up", async () => {
    await fill(20_000, 500);
    for (const bytes of [1, 4 * MiB, 10 * MiB]) {
      const child = backUpInChild(bytes);
      await child.ready();
      process.kill(child.pid, "SIGKILL");
      await child.ended;
      assert.deepEqual(repository.locators(), []);
      assert.equal(readdirSync(at("staging")).length, 1, "only what the killed one had");
    }
    await source().backUp(FULL, repository, quiet);
    assert.deepEqual(readdirSync(at("staging")), []);
  });

  it("needs no more memory to dump and restore 80 MB of documents than its bound", async () => {
    await fill(40_000, 2_000);
    const child = backUpInChild(Number.MAX_SAFE_INTEGER);
    let peak = 0;
    const sampling = setInterval(() => {
      try {
        peak = Math.max(
          peak,
          Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0),
        );
      } catch {
        // it has ended
      }
    }, 20);
    const { code, said } = await child.ended;
    clearInterval(sampling);
    assert.equal(code, 0, said);
    assert.match(said, /"shop\.rows":40000/);
    assert.ok(peak > 0 && peak < 150 * 1024, `${Math.round(peak / 1024)} MiB`);
  });

  it("never shows the password, whatever goes wrong", async () => {
    const secret = "canary-Rx7%25%2Fpass";
    const { port } = server;
    const addresses = [
      `mongodb://backup:${secret}@127.0.0.1:${port}/?directConnection=true&authMechanism=SCRAM-SHA-256&serverSelectionTimeoutMS=300`,
      `mongodb://backup:${secret}@127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=200`,
      `mongodb://backup:${secret}@127.0.0.1:notaport/`,
      `mongodb://backup:${secret}@/`,
      `mongodb://backup:${secret}@127.0.0.1/?unknownOption=${secret}`,
      `mongo://backup:${secret}@127.0.0.1/`,
    ];
    for (const address of addresses)
      for (const attempt of [() => source(address).preflight(), () => source(address).backUp(FULL, repository, quiet)])
        await assert.rejects(attempt, (error: Error) => {
          const everything = `${String(error)} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
          assert.ok(!/canary|Rx7/.test(everything), `${address} gave: ${everything}`);
          return true;
        });
  });

  it("hides the address and the password in whatever a driver may say, and keeps its code", async () => {
    const uri = server.uri
      .replace("//", "//backup:canary%2Fpass@")
      .replace("?", "?authMechanism=PLAIN&authSource=$external&");
    const said = `cannot reach ${uri}: canary/pass or canary%2Fpass was wrong`;
    const saying = (error: Error) => () => Promise.reject(error);
    await assert.rejects(connected(server.uri, saying(new MongoServerError({ message: said, code: 18 })), 500), {
      code: 18,
    });
    const clean = withoutSecret(Object.assign(new Error(said), { cause: new Error(said) }), uri);
    assert.equal(clean.message, "cannot reach [hidden]: [hidden] or [hidden] was wrong");
    assert.equal(clean.cause, undefined);
    assert.ok(!clean.stack!.includes("canary"));
  });

  it("refuses a database that is not there, or that holds nothing", async () => {
    await assert.rejects(source().preflight(), { message: /^there is no database `shop`; the server has: / });
    const client = connect();
    await client.db("shop").collection("dr_sentinel").insertOne({});
    await assert.rejects(source().preflight(), { message: "there is nothing to back up: no collection in shop" });
    await client.db("shop").collection("rows").insertOne({});
    await source().preflight();
    await assert.rejects(source().backUp({ type: "incr", trigger: "manual" }, repository, quiet), {
      message: "MongoDB has no incr backups: each is a full one",
    });
  });
});
