import * as assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { MongoClient, type Document } from "mongodb";
import type { AgentConfig, SourceConfig } from "../../../agent/config";
import type { Backup } from "../../../agent/contract";
import { prove, takeBackup } from "../../../agent/jobs/work";
import type { ResticRepository } from "../../../agent/repository/restic";
import { sourcesOf, type Built } from "../../../agent/sources/build";
import { withServerOn } from "../../../agent/sources/postgresql/scratch";
import type { RedisSource } from "../../../agent/sources/redis";
import { startScratch, untilReady, type ScratchServer } from "../../../agent/sources/scratch-server";
import { makeFolder, own } from "../../../engines/files";
import { key } from "../../../engines/keys";
import { binaries } from "../../../engines/postgres/binaries";
import { run } from "../../../engines/run";
import { serverUser } from "../../../engines/user";
import { parsePlan } from "../../../plan";
import { tools } from "../../faults/protected-files";
import { isOnPath } from "../../helpers/on-path";
import { protectedPostgres, silent, type ProtectedPostgres } from "../../helpers/protected-postgres";
import { skip } from "../../helpers/skip";
import { text } from "../../plan/example";
import { startFerretdb, type Ferretdb } from "../../standin/ferretdb/start";

const PASSWORD = "canary/Rx7%pass";
const backup = { full: "0 2 * * *" };
const plan = parsePlan(
  text((written) => {
    written.data = {
      orders: { engine: "postgresql", database: "shop", backup: { ...backup, dump: "0 3 * * *" } },
      documents: { engine: "mongodb", database: "shop", backup, verify: { scratch: "SCRATCH_URL" } },
      cache: { engine: "redis", backup, verify: { minSize: "1 B" } },
      uploads: { engine: "files", paths: ["uploads"], exclude: ["*.tmp"], backup, verify: { minSize: "1 B" } },
      settings: { engine: "configuration", paths: [".env"], backup, verify: { minSize: "1 B" } },
    };
  }),
  "plan.yaml",
);

describe("every engine of one plan, from one agent's configuration", function () {
  this.timeout(600_000);
  let postgres: ProtectedPostgres;
  let mongo: Ferretdb;
  let scratch: Ferretdb;
  let redis: ScratchServer;
  let repository: ResticRepository;
  const all = new Map<string, Built>();
  const taken = new Map<string, Backup>();
  const started: ScratchServer[] = [];
  const at = (...parts: string[]) => path.join(postgres.folder, ...parts);

  async function startRedis(folder: string): Promise<ScratchServer> {
    makeFolder(folder);
    const settings = ["--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD];
    const server = await startScratch(["redis-server", "--port", "{port}", "--dir", "{folder}", ...settings], folder);
    started.push(server);
    await untilReady(server, () => redisCli(server.port, "PING"), 60_000);
    return server;
  }
  const redisCli = async (port: number, ...command: string[]) =>
    (await run("redis-cli", ["-p", String(port), "-e", ...command], { env: { REDISCLI_AUTH: PASSWORD } })).trim();
  const psql = async (host: string, port: number, database: string, sql: string) => {
    const where = ["-h", host, "-p", String(port), "-U", "postgres", "-d", database, "-Atc", sql];
    const env = { PGPASSWORD: key(at("keys"), "postgres") };
    return (await run(path.join(binaries().folder, "psql"), where, { user: serverUser(), cwd: "/", env })).trim();
  };
  const rowsOf = async ({ uri }: Ferretdb): Promise<Document[]> => {
    const client = new MongoClient(uri);
    try {
      return await client.db("shop").collection("rows").find({}).sort({ _id: 1 }).toArray();
    } finally {
      await client.close();
    }
  };
  const restore = (name: string, target: string, drop = false) =>
    all.get(name)!.source.restore(taken.get(name)!, repository, { target, drop }, silent);

  before(async function () {
    for (const program of ["redis-server", "restic", "pgbackrest"]) if (!isOnPath(program)) skip(this, `no ${program}`);
    postgres = await protectedPostgres();
    await postgres.query("create table rows (id int primary key, name text)");
    await postgres.query("insert into rows select n, 'row ' || n from generate_series(1, 500) n");
    mongo = await startFerretdb(this, at("mongo"));
    scratch = await startFerretdb(this, at("mongo-scratch"));
    started.push(mongo, scratch);
    const client = new MongoClient(mongo.uri);
    await client
      .db("shop")
      .collection<{ _id: number; name: string }>("rows")
      .insertMany(Array.from({ length: 300 }, (_, n) => ({ _id: n, name: `document ${n}` })));
    await client.close();
    redis = await startRedis(at("redis"));
    await redisCli(redis.port, "SET", "greeting", "good day");
    for (const folder of ["uploads/deep", "."]) mkdirSync(at("files", folder), { recursive: true });
    writeFileSync(at("files/uploads/deep/a.txt"), "a file");
    writeFileSync(at("files/uploads/left.tmp"), "not this one");
    writeFileSync(at("files/.env"), "TOKEN=canary-token\n");
    own(at("files"));

    const { endpoint, stanza } = postgres.options;
    const root = at("files");
    const places: Record<string, Partial<SourceConfig>> = {
      orders: { postgresql: { ...stanza, endpoint, stanza: stanza.name, passFile: stanza.passFile! } },
      uploads: { root },
      settings: { root },
    };
    const config: AgentConfig = {
      ...{ plan: plan.name, site: "prod", folder: at("agent"), keysFolder: at("keys"), secretsFolder: at("secrets") },
      ...{ address: "127.0.0.1", port: 0, health: "/healthz", services: [] },
      ...{ api: plan.api, alerts: plan.alerts, people: plan.people },
      repositories: ["own", "dr"].map((name) => ({ name, bucket: postgres.bucket(name) })),
      sources: Object.entries(plan.data).map(([name, entry]) => ({ name, entry, ...places[name] })),
    };
    const secrets: Record<string, string> = {
      MONGODB_URL: mongo.uri,
      SCRATCH_URL: scratch.uri,
      REDIS_URL: `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${redis.port}`,
    };
    for (const one of config.sources)
      for (const built of sourcesOf(config, one, (name) => secrets[name])) all.set(built.source.name, built);
    repository = await postgres.repository("dr"); // the other site's: it must do alone
  });
  after(async () => {
    for (const server of started) await server.stop();
    await postgres?.stop();
  });

  for (const name of ["orders", "orders.dump", "documents", "cache", "uploads", "settings"]) {
    it(`${name}: is taken, read back, and proven by a real restore`, async () => {
      const of = all.get(name)!;
      await takeBackup(of, { type: "full", trigger: "manual" }, repository, tools(at("scratch")));
      const [known] = await repository.list(name);
      const { level, verified, reasons } = await prove(of.source, known!.backup, repository, tools(at("scratch")));
      assert.deepEqual({ level, verified, reasons }, { level: "restore", verified: true, reasons: [] });
      assert.ok(!JSON.stringify(await repository.list()).includes("canary"));
      taken.set(name, known!.backup);
    });
  }

  it("orders comes back as the server had it", async () => {
    await restore("orders", at("restored"));
    const sql = "select count(*), md5(string_agg(id || name, ',' order by id)) from rows";
    const there = await withServerOn(at("restored"), (copy) => psql(copy.socketFolder, copy.port, "shop", sql));
    assert.equal(there, await psql("127.0.0.1", postgres.endpoint.port, "shop", sql));
  });

  it("orders.dump comes back into a database beside it", async () => {
    const { port } = postgres.endpoint;
    await psql("127.0.0.1", port, "postgres", "create database copy");
    const sql = "select count(*), md5(string_agg(id || name, ',' order by id)) from rows";
    await restore("orders.dump", `postgresql://postgres@127.0.0.1:${port}/copy`);
    assert.equal(await psql("127.0.0.1", port, "copy", sql), await psql("127.0.0.1", port, "shop", sql));
  });

  it("documents come back into another server, over what is there only when told to", async () => {
    await restore("documents", scratch.uri);
    assert.deepEqual(await rowsOf(scratch), await rowsOf(mongo));
    await assert.rejects(restore("documents", scratch.uri), /documents were refused/);
    await restore("documents", scratch.uri, true);
    assert.equal((await rowsOf(scratch)).length, 300);
  });

  it("cache comes back in the data folder of a stopped server", async () => {
    makeFolder(at("redis-restored"));
    await restore("cache", at("redis-restored"));
    const server = await startRedis(at("redis-restored"));
    assert.equal(await redisCli(server.port, "GET", "greeting"), "good day");
    await (all.get("cache")!.source as RedisSource).afterStart(taken.get("cache")!);
  });

  for (const [name, place] of [
    ["uploads", "uploads"],
    ["settings", ".env"],
  ] as const)
    it(`${name} come back as they were`, async () => {
      await restore(name, at("back"));
      await run("diff", ["--recursive", "--exclude=*.tmp", at("files", place), at("back", at("files", place))]);
    });
});
