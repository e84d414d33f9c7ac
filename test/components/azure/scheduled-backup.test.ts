import assert from "node:assert/strict";
import { BackupBucket, Database, ScheduledBackup } from "../../../components/azure";
import type { ScheduledBackupArgs } from "../../../components/azure/scheduled-backup";
import type { SiteArgs } from "../../../components/contract";
import { parsePlan } from "../../../plan";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { childrenOf, drSite, founded, one, recordOnce, siteArgs } from "./site";

const plan = parsePlan(`
name: shop
sites: { prod: { platform: local }, dr: { platform: local } }
objectives: { full: { rto: 4h, rpo: 24h } }
data:
  orders: { engine: postgresql, class: full, database: orders, backup: { full: "0 2 * * *", archive: continuous }, retention: { daily: 30, monthly: 12 } }
  sessions: { engine: redis, class: full, backup: { full: "0 3 * * *" } }
dns: { zone: example.com, name: www.example.com }
rehearsal: true
`);
const { alerts, people, api } = plan;
const common = { services: [], failoverName: "www.example.com", alerts, people, api };
type Change = Partial<Pick<ScheduledBackupArgs, "image" | "registry">> & { readonly zone?: string };

function agent(name: string, site: SiteArgs, { zone = "UTC", ...change }: Change = {}, opts = {}) {
  const bucket = new BackupBucket("backups", { site });
  const orders = new Database("orders", {
    site,
    bucket,
    database: "orders",
    replica: "streaming",
    failoverName: "www.example.com",
  });
  const sources = Object.entries(plan.data).map(([source, said]) => ({
    ...{ name: source, entry: { ...said, backup: { ...said.backup, timeZone: zone } } as typeof said },
    ...(said.engine === "postgresql" ? { database: orders } : {}),
  }));
  return new ScheduledBackup(name, { ...common, site, bucket, sources, ...change }, opts);
}
const once = recordOnce();
const made = async (site: SiteArgs = siteArgs(), change: Change = {}) =>
  (await once([site, change], () => record(() => agent("agent", founded(site), change)))).resources;
const self = "dr:azure:ScheduledBackup agent";

describe("azure.ScheduledBackup", function () {
  this.timeout(600_000);
  const alone = { ...common, bucket: {} as BackupBucket, sources: [{ name: "orders", entry: plan.data.orders! }] };
  obeysContract(
    "dr:azure:ScheduledBackup",
    [],
    (name, opts) => new ScheduledBackup(name, { ...alone, site: founded(siteArgs()) }, opts),
  );

  it("is a job for each kind of work of what the agent backs up, and a vault for what Azure does", async () =>
    assert.deepEqual(childrenOf(await made(), self).sort(), [
      ...["app:Job agent-sessions-full", "app:Job agent-sessions-prove", "app:Job agent-sessions-verify"],
      ...["authorization:RoleAssignment agent-orders-read", "authorization:RoleAssignment agent-reader"],
      ...["dataprotection:BackupInstance agent-orders", "dataprotection:BackupPolicy agent-orders"],
      "dataprotection:BackupVault agent-vault",
    ]));

  it("asks for exactly this job", async () => {
    const { inputs } = one(
      await made(siteArgs(), { image: "shop.azurecr.io/agent:1", registry: "shop.azurecr.io" }),
      "app:Job",
      "agent-sessions-full",
    );
    const { configuration, template, ...rest } = inputs as {
      configuration: { secrets: { name: string; value?: string }[] };
      template: { containers: [Record<string, unknown>]; volumes: unknown };
    };
    assert.deepEqual(rest, {
      ...{ resourceGroupName: "shop-prod", location: "eastus", tags: { "dr:plan": "shop", "dr:site": "prod" } },
      ...{ jobName: "sessions-full", environmentId: "site-id", workloadProfileName: "Consumption" },
      identity: { type: "UserAssigned", userAssignedIdentities: ["site-id"] },
    });
    const [config, ...secrets] = configuration.secrets;
    const vault = (name: string) => ({
      ...{ name, keyVaultUrl: `https://shop-prod-kv.vault.azure.net/secrets/${name}`, identity: "site-id" },
    });
    assert.deepEqual(secrets, [vault("restic-key"), vault("redis-url"), vault("dr-api-token")]);
    assert.deepEqual(
      { ...configuration, secrets: undefined },
      {
        ...{ triggerType: "Schedule", replicaTimeout: 14_400, replicaRetryLimit: 1, secrets: undefined },
        scheduleTriggerConfig: { cronExpression: "0 3 * * *", parallelism: 1, replicaCompletionCount: 1 },
        registries: [{ server: "shop.azurecr.io", identity: "site-id" }],
      },
    );
    const said = JSON.parse(config!.value!) as Record<string, unknown>;
    // Azure copies it to the other region, into a container that takes no write but Azure's.
    assert.deepEqual(said.repositories, [{ name: "own", bucket: "azure:shopprodbk/backups" }]);
    assert.deepEqual(
      (said.sources as { name: string }[]).map(({ name }) => name),
      ["sessions"],
    );
    const [{ args, env, image }] = template.containers;
    assert.deepEqual({ args, image }, { args: ["--once", "full", "sessions"], image: "shop.azurecr.io/agent:1" });
    assert.deepEqual(env, [
      { name: "DR_CONFIG", value: "/etc/pulumi-dr/config/config.json" },
      { name: "AZURE_CLIENT_ID", value: "shop-prod-client" },
      { name: "REDIS_URL", secretRef: "redis-url" },
      { name: "DR_API_TOKEN", secretRef: "dr-api-token" },
    ]);
  });

  it("keeps a vault at both sites that nobody empties early, and schedules on an active one only", async () => {
    const { inputs, retained, guarded, ignored } = one(await made(), "dataprotection:BackupVault", "agent-vault");
    assert.deepEqual(inputs.properties, {
      monitoringSettings: { azureMonitorAlertSettings: { alertsForAllJobFailures: "Enabled" } },
      storageSettings: [{ datastoreType: "VaultStore", type: "GeoRedundant" }],
      securitySettings: {
        immutabilitySettings: { state: "Unlocked" },
        softDeleteSettings: { state: "On", retentionDurationInDays: 30 },
      },
      featureSettings: {
        crossRegionRestoreSettings: { state: "Enabled" },
        crossSubscriptionRestoreSettings: { state: "Enabled" },
      },
    });
    assert.deepEqual([retained, guarded, ignored], [true, true, ["properties.storageSettings"]]);
    assert.deepEqual(childrenOf(await made(drSite()), self), ["dataprotection:BackupVault agent-vault"]);
  });

  it("keeps servers in the vault as long as the plan's longest retention, once the vault may read them", async () => {
    const resources = await made();
    const { policyRules } = one(resources, "dataprotection:BackupPolicy", "agent-orders").inputs.properties as {
      policyRules: { name: string; lifecycles?: { deleteAfter: unknown }[] }[];
    };
    assert.deepEqual(policyRules.find(({ name }) => name === "Default")?.lifecycles?.[0]?.deleteAfter, {
      ...{ duration: "P360D", objectType: "AbsoluteDeleteOption" },
    });
    const instance = one(resources, "dataprotection:BackupInstance", "agent-orders");
    for (const role of ["agent-reader", "agent-orders-read"])
      assert.ok(instance.dependsOn.includes(`azure-native:authorization:RoleAssignment ${role}`));
    assert.equal(instance.retained, true);
  });

  it("turns the plan's time into UTC", async () => {
    const { configuration } = one(await made(siteArgs(), { zone: "Asia/Tokyo" }), "app:Job", "agent-sessions-full")
      .inputs as {
      configuration: { scheduleTriggerConfig: { cronExpression: string } };
    };
    assert.equal(configuration.scheduleTriggerConfig.cronExpression, "0 18 * * *");
  });

  it("refuses a time that has none", () =>
    assert.rejects(made(siteArgs(), { zone: "Europe/Berlin" }), {
      message:
        'data.sessions: full at "0 3 * * *" in Europe/Berlin must be a time in UTC on azure, whose jobs know no other zone; ' +
        "got one that is another with summer time, or falls on another day. Say it with timeZone: UTC",
    }));
});
