import assert from "node:assert/strict";
import type { ServiceArgs, SiteArgs } from "../../../components/contract";
import { BackupBucket, Database, Service } from "../../../components/local";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { drSite, siteArgs } from "./site";

type Change = Partial<Omit<ServiceArgs, "site" | "databases">>;
async function made(site: SiteArgs, change: Change = {}, preview = false) {
  const { resources, outputs, told } = await record(
    () => new Service("web", { site, health: "/health", databases: [], ...change }),
    { preview },
  );
  return { children: resources.slice(1), outputs: outputs[0]?.values, told };
}

const inputs = {
  ...{ folder: "/sites/shop/prod/web", program: "role-endpoint", restart: "always", health: "/health" },
  ...{ address: "127.0.10.1", portRegistry: "/sites/shop/.commons/ports.json", portName: "web", started: true },
  ...{ environment: {}, config: { site: "prod", databases: [] } },
};
const child = {
  ...{ type: "dr:local:Process", name: "web", parent: "dr:local:Service web", dependsOn: [], provider: "" },
  ...{ retained: false, guarded: false },
};

describe("local.Service", () => {
  obeysContract(
    "dr:local:Service",
    ["url"],
    (name, opts) => new Service(name, { site: siteArgs(), health: "/health", databases: [] }, opts),
  );

  for (const preview of [false, true]) {
    it(`is one process, the site's role endpoint where no command is given${preview ? " (preview)" : ""}`, async () =>
      assert.deepEqual((await made(siteArgs(), {}, preview)).children, [{ ...child, inputs }]));
  }

  it("runs the plan's command with its environment and restart policy", async () => {
    const change = { command: ["node", "web.js"], environment: { MODE: "live" }, restart: "on-failure" } as const;
    const { children } = await made(siteArgs(), change);
    assert.deepEqual(children[0]?.inputs, { ...inputs, program: "command", ...change });
  });

  it("is declared and stopped on a standby site", async () => {
    const { children } = await made(drSite());
    const { started, address, config } = children[0]!.inputs;
    assert.deepEqual(
      { started, address, config },
      { started: false, address: "127.0.11.1", config: { site: "dr", databases: [] } },
    );
  });

  it("says where its health is asked", async () =>
    assert.deepEqual((await made(siteArgs())).outputs, { url: "http://127.0.10.1:18000/health" }));

  it("starts after its databases are promoted, and knows where they answer", async () => {
    const { resources } = await record(() => {
      const site = siteArgs();
      const bucket = new BackupBucket("backups", { site });
      const failover = { failoverName: "app.shop.test", replica: "streaming" } as const;
      const databases = [new Database("orders", { site, bucket, database: "orders", ...failover })];
      new Service("web", { site, health: "/health", databases });
    });
    const web = resources.find(({ name, type }) => name === "web" && type === "dr:local:Process");
    const database = { address: "127.0.10.1", port: 15432, keysFolder: "/sites/shop/.commons/keys" };
    assert.deepEqual(web?.inputs.config, { site: "prod", databases: [database] });
    assert.deepEqual(web?.dependsOn, ["dr:index:Promotion orders-promotion", "dr:local:PostgresServer orders"]);
  });

  it("says that an image is stood in for, because no image runs here", async () => {
    assert.deepEqual((await made(siteArgs(), { image: "shop/web:1" })).told, [
      "info: the role endpoint stands in for shop/web:1: local runs no images",
    ]);
    assert.deepEqual((await made(siteArgs(), { image: "shop/web:1", command: ["node"] })).told, []);
  });
});
