import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { AgentConfig, SourceConfig } from "../../../agent/config";
import { tasksOf } from "../../../agent/jobs/schedule";
import { sourcesOf as built } from "../../../agent/sources/build";
import { parsePlan } from "../../../plan";
import { orders, text, type Written } from "../../plan/example";
import { redisServer } from "../../../agent/sources/address";
import { temporary } from "../../helpers/temporary";

const config = {
  plan: "shop",
  site: "prod",
  folder: "/f",
  keysFolder: "/k",
  secretsFolder: "/s",
  repositories: [],
} as unknown as AgentConfig;
const postgresql = {
  ...{
    endpoint: { address: "127.0.0.1", port: 1, keysFolder: "/k" },
    stanza: "s",
    dataFolder: "/d",
    socketFolder: "/s",
  },
  ...{ workFolder: "/w", passFile: "/p" },
};
const entryWith = (backup: object) =>
  parsePlan(
    text((plan) => Object.assign(orders(plan), { backup })),
    "plan.yaml",
  ).data["orders"]!;

const sourcesOf = (of: AgentConfig, one: SourceConfig, secrets: Record<string, string> = {}) =>
  built(of, one, (name) => secrets[name]);
const dataOf = (name: string, entry: object) =>
  parsePlan(
    text((plan: Written) => Object.assign(plan.data, { [name]: entry })),
    "plan.yaml",
  ).data[name]!;
const failure = (work: Promise<unknown>) =>
  work.then(
    () => "it did not fail",
    ({ message }: Error) => message,
  );

describe("agent/sources/build", () => {
  const folder = temporary();

  it("takes a dump beside the physical backups where the plan wants one, by its own schedule", () => {
    const entry = entryWith({ full: "0 2 * * *", incremental: "0 * * * *", dump: "0 4 * * *" });
    const built = sourcesOf(config, { name: "orders", entry, postgresql });
    assert.deepEqual(
      built.map(({ source, entry }) => [
        source.name,
        source.kind,
        tasksOf(source.name, entry).flatMap(({ kind, cron }) =>
          kind === "full" || kind === "incr" ? [`${kind} ${cron}`] : [],
        ),
      ]),
      [
        ["orders", "physical", ["full 0 2 * * *", "incr 0 * * * *"]],
        ["orders.dump", "logical", ["full 0 4 * * *"]],
      ],
    );
  });

  it("takes none where it does not", () =>
    assert.deepEqual(
      sourcesOf(config, { name: "orders", entry: entryWith({ full: "0 2 * * *" }), postgresql }).map(
        ({ source }) => source.name,
      ),
      ["orders"],
    ));

  it("has nothing for an engine that the site does not serve", () =>
    assert.deepEqual(sourcesOf(config, { name: "orders", entry: entryWith({ full: "0 2 * * *" }) }), []));

  it("protects every engine of a plan", () => {
    const backup = { full: "0 2 * * *" };
    const entries = {
      mongo: { engine: "mongodb", backup },
      cache: { engine: "redis", backup },
      uploads: { engine: "files", paths: ["uploads"], backup },
      settings: { engine: "configuration", paths: [".env"], backup },
    };
    assert.deepEqual(
      Object.entries(entries).flatMap(([name, entry]) =>
        sourcesOf(config, { name, entry: dataOf(name, entry), root: "/r" }).map(({ source }) => source.engine),
      ),
      ["mongodb", "redis", "files", "configuration"],
    );
  });

  for (const [engine, secret, fault, form] of [
    ["mongodb", "MONGODB_URL", "http://canary", "mongodb://user:password@host:27017"],
    ["redis", "REDIS_URL", "redis://user:can%zzary@host", "redis://user:password@host:6379"],
  ] as const) {
    const source = (secrets: Record<string, string>) => {
      const entry = dataOf("store", { engine, backup: { full: "0 2 * * *" } });
      return sourcesOf({ ...config, folder: folder() }, { name: "store", entry }, secrets)[0]!.source;
    };

    it(`says which secret is missing and both ways to set it (${engine})`, async () => {
      assert.equal(
        await failure(source({}).preflight()),
        `store: the secret ${secret} is not set; it holds the server's address. Put it in the agent's environment, or in the file /s/${secret}`,
      );
      assert.equal(existsSync(folder("dumps")), false);
    });

    it(`says how an address is written, and never what it got (${engine})`, async () =>
      assert.equal(
        await failure(source({ [secret]: fault }).preflight()),
        `store: the secret ${secret} must be an address such as ${form}`,
      ));

    it(`reads the address at each use: a rotated one needs no restart (${engine})`, async () => {
      const secrets: Record<string, string> = {};
      const one = source(secrets);
      assert.match(await failure(one.preflight()), /is not set/);
      secrets[secret] = `${engine}://u:canary-pass@127.0.0.1:1/?serverSelectionTimeoutMS=200`;
      const told = await failure(one.preflight());
      assert.match(told, /127\.0\.0\.1:1/);
      assert.ok(!told.includes("canary-pass"), told);
    });
  }
});

describe("agent/sources/address", () => {
  it("reads an address of Redis as redis-cli is told it", () => {
    const read = (address: string) => {
      const server = redisServer(address);
      return server && { ...server, ...(server.password ? { password: server.password() } : {}) };
    };
    assert.deepEqual(read("redis://host"), { host: "host", port: 6379 });
    assert.deepEqual(read("redis://:p%2Fss@10.0.0.1:7000/3"), { host: "10.0.0.1", port: 7000, password: "p/ss" });
    assert.deepEqual(read("rediss://me:it@[::1]:1"), { host: "::1", port: 1, user: "me", password: "it", tls: {} });
    for (const fault of ["host:6379", "http://host", "redis://", "redis://u:%zz@host", ""])
      assert.equal(read(fault), undefined, fault);
  });
});
