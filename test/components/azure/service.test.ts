import assert from "node:assert/strict";
import { Database, Service } from "../../../components/azure";
import type { ServiceArgs } from "../../../components/azure/service";
import type { BackupBucket, SiteArgs } from "../../../components/contract";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { childrenOf, DR_SUBSCRIPTION, drSite, founded, one, recordOnce, siteArgs, subscriptionOf } from "./site";

const common = { health: "/health", image: "shop.azurecr.io/web:1", databases: [], public: true } as const;
const once = recordOnce();
const made = (site: SiteArgs = siteArgs(), change: Partial<Omit<ServiceArgs, "site">> = {}) =>
  once([site, change], () => record(() => new Service("web", { ...common, site: founded(site), ...change })));
interface App {
  readonly configuration: { readonly secrets: unknown[]; readonly ingress: Record<string, unknown> };
  readonly template: {
    readonly containers: readonly [{ readonly env: unknown[] }];
    readonly scale: Record<string, unknown>;
  };
}
const appOf = async (site?: SiteArgs, change?: Partial<Omit<ServiceArgs, "site">>) =>
  one((await made(site, change)).resources, "app:ContainerApp", "web").inputs as unknown as App;

describe("azure.Service", function () {
  this.timeout(600_000);
  obeysContract(
    "dr:azure:Service",
    ["url", "appId"],
    (name, opts) => new Service(name, { ...common, site: founded(siteArgs()) }, opts),
  );

  it("asks for exactly this app", async () => {
    const probe = (type: string, failureThreshold: number) => ({
      ...{ type, failureThreshold, periodSeconds: 10, timeoutSeconds: 5, httpGet: { path: "/health", port: 8080 } },
    });
    const { resources } = await made();
    const { inputs, dependsOn, ignored } = one(resources, "app:ContainerApp", "web");
    assert.deepEqual(inputs, {
      ...{ resourceGroupName: "shop-prod", location: "eastus", tags: { "dr:plan": "shop", "dr:site": "prod" } },
      ...{ containerAppName: "shop-web", environmentId: "site-id", workloadProfileName: "Consumption" },
      identity: { type: "UserAssigned", userAssignedIdentities: ["site-id"] },
      configuration: {
        ...{ activeRevisionsMode: "Single", maxInactiveRevisions: 10, secrets: [] },
        ingress: {
          ...{ external: true, allowInsecure: false, targetPort: 8080, transport: "auto" },
          traffic: [{ latestRevision: true, weight: 100 }],
        },
      },
      template: {
        terminationGracePeriodSeconds: 30,
        containers: [
          {
            ...{ name: "web", image: "shop.azurecr.io/web:1", resources: { cpu: 0.5, memory: "1Gi" } },
            env: [
              { name: "DR_SITE", value: "prod" },
              { name: "DR_ACTIVATION", value: "active" },
              { name: "AZURE_CLIENT_ID", value: "shop-prod-client" },
            ],
            probes: [probe("Startup", 30), probe("Liveness", 3), probe("Readiness", 3)],
          },
        ],
        scale: {
          ...{ minReplicas: 2, maxReplicas: 2 },
          rules: [{ name: "http", http: { metadata: { concurrentRequests: "50" } } }],
        },
      },
    });
    assert.ok(
      dependsOn.includes("azure-native:authorization:RoleAssignment site-secrets"),
      "secrets are shown to it by then",
    );
    assert.deepEqual(ignored, ["configuration.ingress.customDomains"]);
  });

  it("has two replicas or more at the live site, and on standby as many as the plan says", async () => {
    const scaleOf = async (site: SiteArgs, instances?: ServiceArgs["instances"]) => {
      const { minReplicas, maxReplicas } = (await appOf(site, instances ? { instances } : {})).template.scale;
      return [minReplicas, maxReplicas];
    };
    assert.deepEqual(await scaleOf(siteArgs(), { min: 3, max: 8, standby: 1 }), [3, 8]);
    assert.deepEqual(await scaleOf(siteArgs(), { min: 1, standby: 0 }), [2, 2]);
    assert.deepEqual(await scaleOf(drSite(), { min: 3, max: 8, standby: 1 }), [1, 1]);
    assert.deepEqual(await scaleOf(drSite()), [0, 1]);
  });

  it("scales by CPU and memory where the plan says so", async () =>
    assert.deepEqual(
      (await appOf(siteArgs(), { instances: { min: 2, max: 8, standby: 0, cpu: 70, memory: 80 } })).template.scale
        .rules,
      [
        { name: "cpu", custom: { type: "cpu", metadata: { type: "Utilization", value: "70" } } },
        { name: "memory", custom: { type: "memory", metadata: { type: "Utilization", value: "80" } } },
      ],
    ));

  it("reads its secrets from the site's vault, and is given none in plain", async () => {
    const { configuration, template } = await appOf(siteArgs(), { secrets: ["STRIPE_KEY"] });
    assert.deepEqual(configuration.secrets, [
      {
        name: "stripe-key",
        keyVaultUrl: "https://shop-prod-kv.vault.azure.net/secrets/stripe-key",
        identity: "site-id",
      },
    ]);
    assert.deepEqual(template.containers[0].env.at(-1), { name: "STRIPE_KEY", secretRef: "stripe-key" });
  });

  it("knows its database, and starts after it is promoted", async () => {
    const { resources } = await record(() => {
      const site = founded(siteArgs());
      const database = { bucket: {} as BackupBucket, database: "orders", failoverName: "www.example.com" };
      new Service("web", { ...common, site, databases: [new Database("orders", { ...database, site })] });
    });
    const { inputs, dependsOn } = one(resources, "app:ContainerApp", "web");
    assert.deepEqual((inputs as unknown as App).template.containers[0].env.slice(3), [
      { name: "PGHOST", value: "shop-prod-orders.postgres.database.azure.com" },
      { name: "PGUSER", value: "shop-prod" },
      { name: "PGSSLMODE", value: "verify-full" },
      { name: "PGPORT", value: "5432" },
    ]);
    assert.ok(dependsOn.includes("azure-native:dbforpostgresql:Server orders"));
  });

  it("has the site's own name in the zone where the failover name leads to it", async () => {
    const { resources } = await made();
    const name = one(resources, "dns:RecordSet", "web-record");
    assert.deepEqual(name.inputs, {
      ...{ resourceGroupName: "shop-dns", zoneName: "example.com", ttl: 30, recordType: "CNAME" },
      ...{ relativeRecordSetName: "www-prod", cnameRecord: { cname: "shop-web.calm.azurecontainerapps.io" } },
    });
    assert.equal(subscriptionOf(resources, name), DR_SUBSCRIPTION);
    assert.deepEqual(childrenOf((await made(siteArgs(), { public: false })).resources, "dr:azure:Service web"), [
      "app:ContainerApp web",
    ]);
  });

  it("refuses to stand in for an image", () => {
    const { image: _, ...without } = common;
    return assert.rejects(
      record(() => new Service("web", { ...without, site: founded(siteArgs()) })),
      {
        message: "services.web.image must be said on azure, which runs images; got none",
      },
    );
  });
});
