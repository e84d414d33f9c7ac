import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { BackupBucket, Database, Service, SiteArgs } from "../../../components/contract";
import { parsePlan } from "../../../plan";
import { ScheduledBackup } from "../../../components/local";
import { Process } from "../../../provider/sdk";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { text } from "../../plan/example";
import { drSite, siteArgs } from "./site";

const bucket = { locations: pulumi.output(["/b/own", "/b/copy"]) } as BackupBucket; // has a test of its own
const plan = parsePlan(text(), "plan.yaml");
const entry = plan.data["orders"]!;
const { alerts, people, api } = plan;
const { keyRotation } = plan.storage;
const entryOf = (data: object) =>
  parsePlan(
    text((written) => Object.assign(written, { data: { it: data }, services: { web: { uses: ["it"] } } })),
    "plan.yaml",
  ).data["it"]!;
const backup = { full: "0 2 * * *" };
const uploads = entryOf({ engine: "files", paths: ["uploads"], backup });
const cache = entryOf({ engine: "redis", warm: "/api/warmup", backup });
const documents = entryOf({ engine: "mongodb", backup });
const services = [{ name: "shop", service: { url: pulumi.output("http://127.0.10.1:1/health") } as Service }];
const common = { bucket, failoverName: "app.shop.test", services, alerts, people, api, keyRotation };

/** Stands for a database: the agent uses its name, and starts after it. */
class Stand extends pulumi.ComponentResource {
  readonly address = pulumi.output("127.0.10.1");
  readonly port = pulumi.output(15432);
  constructor(name: string) {
    super("dr:local:Database", name);
    const process = { folder: "/f", program: "command" as const, config: {}, restart: "never" as const };
    const where = { address: "127.0.10.1", portRegistry: "/p", portName: name, health: "/", started: true };
    new Process(name, { ...process, ...where }, { parent: this });
    this.registerOutputs({});
  }
}

async function made(site: SiteArgs, preview = false) {
  const { resources } = await record(
    () => {
      const database = new Stand("orders") as unknown as Database;
      new ScheduledBackup("agent", {
        ...common,
        site,
        sources: [
          { name: "orders", entry, database },
          { name: "uploads", entry: uploads },
          { name: "cache", entry: cache, warmedBy: services[0]!.service },
          { name: "documents", entry: documents, warmedBy: services[0]!.service },
        ],
      });
    },
    { preview },
  );
  return resources.filter(({ parent }) => parent === "dr:local:ScheduledBackup agent");
}

const plainly = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const inputs = {
  ...{ folder: "/sites/shop/prod/agent", program: "agent", restart: "always", health: "/healthz" },
  environment: {
    NODE_OPTIONS: "--max-semi-space-size=2",
    ...{ MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "131072" },
  },
  ...{ address: "127.0.10.1", portRegistry: "/sites/shop/.commons/ports.json", portName: "agent", started: true },
  config: {
    ...{ plan: "shop", site: "prod", folder: "/sites/shop/prod/agent", keysFolder: "/sites/shop/.commons/keys" },
    ...{ secretsFolder: "/sites/shop/.commons/secrets", ...plainly({ alerts, people, api, keyRotation }) },
    services: [{ name: "shop", url: "http://127.0.10.1:1/health" }],
    repositories: [
      { name: "own", bucket: "/b/own" },
      { name: "dr", bucket: "/b/copy" },
    ],
    inherited: [{ name: "dr", bucket: "/sites/shop/prod/copy-of-dr" }],
    authority: {
      ...{ name: "app.shop.test", address: "127.0.0.1", portRegistry: "/sites/shop/.commons/ports.json" },
      portName: "dns",
    },
    sources: [
      {
        ...{ name: "orders", entry: plainly(entry) },
        postgresql: {
          endpoint: { address: "127.0.10.1", port: 15432, keysFolder: "/sites/shop/.commons/keys" },
          ...{
            stanza: "shop-orders",
            dataFolder: "/sites/shop/prod/orders/data",
            socketFolder: "/sites/shop/prod/run",
          },
          ...{ workFolder: "/sites/shop/prod/orders/pgbackrest", passFile: "/sites/shop/.commons/keys/pgpass" },
        },
      },
      { name: "uploads", entry: plainly(uploads), root: "/sites/shop/prod/files" },
      { name: "cache", entry: plainly(cache), warm: "http://127.0.10.1:1/api/warmup" },
      { name: "documents", entry: plainly(documents) },
    ],
  },
};

describe("local.ScheduledBackup", () => {
  obeysContract(
    "dr:local:ScheduledBackup",
    [],
    (name, opts) => new ScheduledBackup(name, { ...common, site: siteArgs(), sources: [] }, opts),
  );

  for (const preview of [false, true]) {
    it(`is one agent that knows buckets, schedules and files, and starts after its databases${preview ? " (preview)" : ""}`, async () =>
      assert.deepEqual(await made(siteArgs(), preview), [
        {
          ...{ type: "dr:local:Process", name: "agent", parent: "dr:local:ScheduledBackup agent", inputs },
          ...{ dependsOn: ["dr:local:Process orders"], provider: "", retained: false, guarded: false },
        },
      ]));
  }

  it("is declared and stopped on a standby site: two sites must not write one backup history", async () => {
    const [agent] = await made(drSite());
    const { started, folder, address } = agent!.inputs;
    assert.deepEqual(
      { started, folder, address },
      { started: false, folder: "/sites/shop/dr/agent", address: "127.0.11.1" },
    );
  });

  it("keeps one copy while the other site is lost", async () => {
    const { resources } = await record(() => {
      const one = { locations: pulumi.output(["/b/own"]) } as BackupBucket;
      new ScheduledBackup("agent", { ...common, bucket: one, site: siteArgs({ lost: "dr" }), sources: [] });
    });
    const { repositories } = resources.at(-1)!.inputs.config as { repositories: unknown };
    assert.deepEqual(repositories, [{ name: "own", bucket: "/b/own" }]);
  });

  it("reads the copy of the other site's bucket in its own region, lost or not: a loss needs nothing that is not there before", async () => {
    const read = async (site: SiteArgs) => ((await made(site))[0]!.inputs.config as { inherited: unknown }).inherited;
    const copy = [{ name: "prod", bucket: "/sites/shop/dr/copy-of-prod" }];
    assert.deepEqual(await read(drSite()), copy);
    assert.deepEqual(await read({ ...drSite(), activation: "active", lost: "prod" }), copy);
  });

  it("gives no secret to the program: keys and secrets are files of the machine", async () => {
    const { secretsFolder: _folder, ...config } = (await made(siteArgs()))[0]!.inputs.config as Record<string, unknown>;
    assert.ok(!/pass(word|phrase)|secret/i.test(JSON.stringify(config)));
  });
});
