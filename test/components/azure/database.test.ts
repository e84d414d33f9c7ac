import assert from "node:assert/strict";
import { Database } from "../../../components/azure";
import type { DatabaseArgs } from "../../../components/azure/database";
import { backupDays, promotes, roleOfServer, storageGiB } from "../../../components/azure/flexible-server";
import type { BackupBucket, SiteArgs } from "../../../components/contract";
import { obeysContract } from "../../contract";
import { record, UNKNOWN } from "../../helpers/record";
import {
  childrenOf,
  DR_SUBSCRIPTION,
  drSite,
  founded,
  recordOnce,
  one,
  siteArgs,
  SUBSCRIPTION,
  subscriptionOf,
} from "./site";
import { TENANT } from "../../helpers/fakes-azure";

const bucket = {} as BackupBucket; // flexible server keeps its own backups
const common = { bucket, database: "orders", replica: "streaming", failoverName: "www.example.com" } as const;
const once = recordOnce();
type Change = Partial<Omit<DatabaseArgs, "site">>;
const made = (site: SiteArgs = siteArgs(), change: Change = {}, preview = false) =>
  once([site, change, preview], () =>
    record(() => new Database("orders", { ...common, site: founded(site), ...change }), { preview }),
  );
const server = async (site?: SiteArgs, change?: Change, name = "orders") =>
  one((await made(site, change)).resources, "dbforpostgresql:Server", name);
const outputs = async (site?: SiteArgs, change?: Change) =>
  (await made(site, change)).outputs.find(({ of }) => of === self)?.values;
const self = "dr:azure:Database orders";
const idOf = (subscription: string, group: string, name: string) =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/${name}`;
const PROD = idOf(SUBSCRIPTION, "shop-prod", "shop-prod-orders");
const DR = idOf(DR_SUBSCRIPTION, "rg-shop-dr", "shop-dr-orders");
const PLANNED = { role: "Primary", promoteMode: "Switchover", promoteOption: "Planned" };
const FORCED = { ...PLANNED, promoteOption: "Forced" };
const active = (change: Partial<SiteArgs> = {}) => drSite({ activation: "active", ...change });
const lost = active({ lost: "prod" });

const base = (site: "prod" | "dr", known: <T>(value: T) => unknown = (value) => value) => ({
  ...(site === "prod"
    ? { resourceGroupName: known("shop-prod"), location: "eastus", serverName: "shop-prod-orders" }
    : { resourceGroupName: known("rg-shop-dr"), location: "westus2", serverName: "shop-dr-orders" }),
  ...{ tags: { "dr:plan": "shop", "dr:site": site }, sku: { name: "Standard_D2ds_v5", tier: "GeneralPurpose" } },
  availabilityZone: "", // what the SDK adds
  ...{ version: "17", storage: { storageSizeGB: 128, autoGrow: "Enabled" } },
  network: {
    delegatedSubnetResourceId: `/subscriptions/${site === "prod" ? SUBSCRIPTION : DR_SUBSCRIPTION}/resourceGroups/${site === "prod" ? "shop-prod" : "rg-shop-dr"}/providers/Microsoft.Network/virtualNetworks/shop-${site}/subnets/data`,
    privateDnsZoneArmResourceId: known("site-id"),
  },
  authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId: known(TENANT) },
});
const HIGHLY = { mode: "ZoneRedundant", standbyAvailabilityZone: "" };
const moved = ["createMode", "sourceServerResourceId", "pointInTimeUTC", "storage.storageSizeGB", "availabilityZone"];

describe("azure.Database", function () {
  this.timeout(600_000);
  obeysContract(
    "dr:azure:Database",
    ["address", "port", "role", "serverId"], // no token where it is active, and no epoch
    (name, opts) => new Database(name, { ...common, site: founded(siteArgs()) }, opts),
  );

  it("is the original at the plan's first site: zone redundant, backed up into the pair's region, no password at all", async () => {
    const { inputs, retained, guarded, ignored } = await server();
    assert.deepEqual(inputs, {
      ...{ ...base("prod"), createMode: "Default", highAvailability: HIGHLY },
      backup: { backupRetentionDays: 7, geoRedundantBackup: "Enabled" },
    });
    assert.deepEqual({ retained, guarded }, { retained: true, guarded: true });
    assert.deepEqual(ignored, [...moved, "backup.geoRedundantBackup", "highAvailability.standbyAvailabilityZone"]);
  });

  it("shows in a preview what it will be", async () => {
    const { resources } = await made(siteArgs(), {}, true);
    const { inputs } = one(resources, "dbforpostgresql:Server", "orders");
    assert.deepEqual(inputs, {
      ...{ ...base("prod", () => UNKNOWN), createMode: "Default", highAvailability: HIGHLY },
      ...{ resourceGroupName: inputs.resourceGroupName, authConfig: UNKNOWN }, // of a tenant that is known with the identity
      backup: { backupRetentionDays: 7, geoRedundantBackup: "Enabled" },
    });
  });

  it("is a replica of it on standby, in the other region and subscription", async () => {
    const { inputs, retained, guarded, ignored } = await server(drSite());
    assert.deepEqual(inputs, { ...base("dr"), createMode: "Replica", sourceServerResourceId: PROD });
    assert.deepEqual({ retained, guarded }, { retained: true, guarded: true });
    assert.deepEqual(ignored, [...moved, "backup", "highAvailability"]);
    assert.deepEqual(await outputs(drSite()), {
      ...{ address: "shop-dr-orders.postgres.database.azure.com", port: 5432, role: "standby" },
      ...{ demotionToken: "orders-id", serverId: "orders-id" },
    });
  });

  it("is promoted by one change of config, with its source kept: without it Azure refuses, and Pulumi would replace the server", async () => {
    for (const [what, site, change, replica] of [
      ["planned", active(), { demotionToken: PROD }, PLANNED],
      ["after a loss", lost, {}, FORCED],
    ] as const) {
      const { inputs, ignored } = await server(site, change);
      assert.deepEqual(inputs, { ...base("dr"), createMode: "Replica", sourceServerResourceId: PROD, replica }, what);
      assert.equal(ignored?.includes("replica"), false, what);
      assert.equal((await outputs(site, change))?.role, "primary", what);
    }
  });

  it("leaves a server that was promoted as it is when the loss is over", async () => {
    const { inputs, ignored } = await server(active());
    assert.equal(inputs.replica, undefined);
    assert.ok(ignored?.includes("replica"), "its input of old stays, and is not sent again");
  });

  it("changes nothing of the original when the standby is lost", async () =>
    assert.deepEqual((await server(siteArgs({ lost: "dr" }))).inputs, (await server()).inputs));

  it("takes writes only where it is active", async () => {
    for (const [site, value] of [
      [siteArgs(), "off"],
      [siteArgs({ activation: "standby" }), "on"],
      [drSite(), "on"],
      [lost, "off"],
    ] as const) {
      const { resources } = await made(site);
      const { inputs, retained } = one(
        resources,
        "dbforpostgresql:Configuration",
        "orders-default-transaction-read-only",
      );
      assert.deepEqual([inputs.value, retained], [value, true]);
    }
  });

  it("changes one parameter after the other, for a server that is being changed refuses the next", async () => {
    const configurations = (await made()).resources.filter(({ type }) => type.endsWith(":Configuration"));
    const name = (index: number) => `azure-native:dbforpostgresql:Configuration ${configurations[index]!.name}`;
    configurations.slice(1).forEach(({ dependsOn }, index) => assert.ok(dependsOn.includes(name(index))));
    assert.deepEqual(
      Object.fromEntries(configurations.map(({ inputs: { configurationName, value } }) => [configurationName, value])),
      {
        ...{ require_secure_transport: "on", ssl_min_protocol_version: "TLSv1.2", "connection_throttle.enable": "on" },
        ...{ log_checkpoints: "on", log_connections: "on", log_disconnections: "on", log_lock_waits: "on" },
        default_transaction_read_only: "off",
      },
    );
  });

  it("lets the site's identity in where the server takes writes, and nobody by a password or from the internet", async () => {
    const { resources } = await made(lost);
    const { inputs } = one(resources, "dbforpostgresql:AdministratorsMicrosoftEntra", "orders-administrator");
    assert.deepEqual(inputs, {
      ...{ resourceGroupName: "rg-shop-dr", serverName: "shop-dr-orders", objectId: "shop-dr-principal" },
      ...{ principalName: "shop-dr", principalType: "ServicePrincipal", tenantId: TENANT },
    });
    assert.equal(
      childrenOf((await made(drSite())).resources, self).some((child) => child.includes("Entra")),
      false,
    );
    assert.equal(JSON.stringify(resources.map(({ inputs: all }) => all)).includes("administratorLoginPassword"), false);
    assert.equal(
      resources.some(({ type }) => type.endsWith(":FirewallRule")),
      false,
    );
  });

  it("is locked against deletion in Azure too, and keeps its database", async () => {
    const { resources } = await made();
    const { scope, level } = one(resources, "authorization:ManagementLockByScope", "orders-lock").inputs;
    assert.deepEqual([scope, level], ["orders-id", "CanNotDelete"]);
    const { retained, guarded } = one(resources, "dbforpostgresql:Database", "orders-database");
    assert.deepEqual([retained, guarded], [true, true]);
  });

  it("names both servers in a virtual endpoint, which a change of roles goes by, and leaves it when the source is lost", async () => {
    const { resources } = await made(drSite());
    const endpoint = one(resources, "dbforpostgresql:VirtualEndpoint", "orders-endpoint");
    assert.deepEqual(endpoint.inputs, {
      ...{ resourceGroupName: "shop-prod", serverName: "shop-prod-orders", endpointType: "ReadWrite" },
      ...{ virtualEndpointName: "shop-orders", members: ["shop-prod-orders", "shop-dr-orders"] },
    });
    assert.equal(subscriptionOf(resources, endpoint), SUBSCRIPTION);
    assert.deepEqual([endpoint.retained, endpoint.ignored], [true, ["resourceGroupName", "serverName", "members"]]);
    for (const site of [lost, siteArgs()])
      assert.equal(
        childrenOf((await made(site)).resources, self).some((child) => child.includes("VirtualEndpoint")),
        false,
      );
  });

  it("is made anew for failback, as a replica of the other site's, beside the old one", async () => {
    const generations = { prod: 2 };
    const { inputs } = await server(siteArgs({ activation: "standby" }), { generations }, "orders-g2");
    assert.deepEqual(inputs, {
      ...{ ...base("prod"), serverName: "shop-prod-orders-g2", createMode: "Replica", sourceServerResourceId: DR },
    });
    const promoted = await server(siteArgs(), { generations, demotionToken: DR }, "orders-g2");
    assert.deepEqual(promoted.inputs, { ...inputs, replica: PLANNED });
    const { inputs: left, ignored } = await server(active(), { generations });
    assert.deepEqual({ ...left, sourceServerResourceId: PROD }, (await server(active())).inputs, "the other's stays");
    assert.ok(ignored?.includes("sourceServerResourceId"), "whose source it was is past");
  });

  it("is restored beside its replica to a moment before the data were spoilt", async () => {
    const change = { generations: { dr: 2 }, recoverFrom: "2026-11-21T06:00:00Z" };
    const { inputs } = await server(lost, change, "orders-g2");
    assert.deepEqual(inputs, {
      ...{ ...base("dr"), serverName: "shop-dr-orders-g2", createMode: "GeoRestore", sourceServerResourceId: PROD },
      pointInTimeUTC: "2026-11-21T06:00:00Z",
    });
  });

  it("has nothing on standby without a replica, and is restored from geo-redundant backups after a loss", async () => {
    const none = { replica: "none" } as const;
    assert.deepEqual(childrenOf((await made(drSite(), none)).resources, self), []);
    assert.deepEqual(await outputs(drSite(), none), { address: "", port: 5432, role: "none", serverId: "" });
    const { inputs } = await server(active({ lost: "prod", lossFoundAt: "2026-11-21T05:59:00Z" }), none);
    assert.deepEqual([inputs.createMode, inputs.pointInTimeUTC], ["GeoRestore", "2026-11-21T05:59:00Z"]);
  });

  const refusals: readonly [string, SiteArgs, Change, string][] = [
    [
      "a synchronous replica",
      siteArgs(),
      { replica: "synchronous" },
      "data.orders.replica must be streaming or none on azure, whose replicas in other regions are asynchronous; got synchronous",
    ],
    [
      "a token of another server",
      active(),
      { demotionToken: DR },
      `dr:demotionTokens.orders must be the id of the server that this one is a replica of, ${PROD}; got ${DR}: it is stale`,
    ],
    [
      "a token at the original, which can be no one's replica",
      siteArgs(),
      { demotionToken: DR },
      "dr:demotionTokens.orders must not be set at prod: its server was made as no one's replica, and to name a source would replace it. " +
        "Change the roles with az postgres flexible-server replica promote --resource-group shop-prod --name shop-prod-orders " +
        "--promote-mode switchover --promote-option planned, and take the token out; or raise dr:generations.orders.prod, for a new replica",
    ],
    [
      "a restore in the replica's place",
      lost,
      { recoverFrom: "2026-11-21T06:00:00Z" },
      "dr:generations.orders.dr must be raised to restore beside the server that is there, which is kept; got 1",
    ],
    [
      "a restore to no moment",
      lost,
      { replica: "none" },
      "dr:recoverFrom must be a moment on azure, such as 2026-11-21T06:00:00Z, which geo-redundant backups are restored to; got none",
    ],
    [
      "a restore to the agent's backup",
      lost,
      { replica: "none", recoverFrom: "orders-20261121T020000.000Z-full" },
      "dr:recoverFrom must be a moment on azure, such as 2026-11-21T06:00:00Z, which geo-redundant backups are restored to; got orders-20261121T020000.000Z-full",
    ],
    [
      "generations of a site that is not there",
      siteArgs(),
      { generations: { far: 2 } },
      'dr:generations.orders must be a number from 1 to 99 for each of prod, dr; got {"far":2}',
    ],
  ];
  for (const [what, site, change, message] of refusals)
    it(`refuses ${what}`, () => assert.rejects(made(site, change), { message }));
});

describe("azure: rules of a flexible server", () => {
  for (const [bytes, size] of [
    [undefined, 128],
    [1, 32],
    [16 * 2 ** 30, 32],
    [17 * 2 ** 30, 64],
    [2 ** 50, 32_768],
  ] as const)
    it(`has ${size} GiB for ${bytes ?? "an unknown number of"} bytes`, () => assert.equal(storageGiB(bytes), size));

  it("reaches back 7 to 35 days", () => assert.deepEqual([1, 7, 30, 90].map(backupDays), [7, 7, 30, 35]));

  it("promotes nothing by itself", () => {
    const none = { demotionToken: undefined, lost: undefined };
    assert.deepEqual(promotes({ activation: "standby", origin: "replica", ...none, lost: "prod" }), {
      leaveAlone: false,
    });
    assert.deepEqual(promotes({ activation: "active", origin: "replica", ...none }), { leaveAlone: true });
    assert.deepEqual(promotes({ activation: "active", origin: "restored", ...none, lost: "prod" }), {
      leaveAlone: false,
    });
  });

  it("knows Azure's words for roles", () =>
    assert.deepEqual(["Primary", "None", undefined, "AsyncReplica", "GeoAsyncReplica"].map(roleOfServer), [
      ...["primary", "primary", "primary", "standby", "standby"],
    ]));
});
