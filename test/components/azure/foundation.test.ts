import assert from "node:assert/strict";
import { Foundation, foundationOf } from "../../../components/azure";
import { addressesOf, guidOf } from "../../../components/azure/place";
import type { SiteArgs } from "../../../components/contract";
import { obeysContract } from "../../contract";
import { record, type Recorded } from "../../helpers/record";
import {
  childrenOf,
  DNS,
  DR_SUBSCRIPTION,
  drSite,
  one,
  recordOnce,
  siteArgs,
  SUBSCRIPTION,
  subscriptionOf,
} from "./site";

const args = (site: SiteArgs = siteArgs()) => ({ site, dns: DNS, secrets: ["STRIPE_KEY"] });
const once = recordOnce();
const made = async (site?: SiteArgs) =>
  (await once(site, () => record(() => new Foundation("site", args(site))))).resources;
const self = "dr:azure:Foundation site";

describe("azure.Foundation", function () {
  this.timeout(600_000);
  obeysContract(
    "dr:azure:Foundation",
    ["groupName", "vaultUri", "environmentId", "workspaceId", "privateZoneId", "securityGroups"],
    (name, opts) => new Foundation(name, args(), opts),
  );

  it("makes all that is here in this site's subscription, and reaches the other's by a provider of its own", async () => {
    const resources = await made();
    const providers = resources.filter(({ type }) => type === "pulumi:providers:azure-native");
    assert.deepEqual(
      providers.map(({ name, inputs: { subscriptionId, location } }) => [name, subscriptionId, location]),
      [
        ["site", SUBSCRIPTION, "eastus"],
        ["site-far", DR_SUBSCRIPTION, "westus2"],
        ["site-zone", DR_SUBSCRIPTION, "westus2"],
      ],
    );
    const made_ = resources.filter(({ type }) => type.startsWith("azure-native:"));
    assert.deepEqual([...new Set(made_.map((each) => subscriptionOf(resources, each)))], [SUBSCRIPTION]);
  });

  it("keeps the group, the vault and its key when the stack is destroyed, and refuses to delete them", async () => {
    const resources = await made();
    for (const [type, name] of [
      ["resources:ResourceGroup", "site"],
      ["keyvault:Vault", "site"],
      ["keyvault:Key", "site-backups"],
    ] as const) {
      const { retained, guarded } = one(resources, type, name);
      assert.deepEqual({ retained, guarded }, { retained: true, guarded: true }, type);
    }
    assert.equal(one(resources, "operationalinsights:Workspace", "site").retained, true);
  });

  it("has a vault that nobody can purge, that goes by roles, and that only the site's subnet and Azure's services reach", async () => {
    const { inputs } = one(await made(), "keyvault:Vault", "site");
    assert.deepEqual(inputs, {
      ...{ resourceGroupName: "shop-prod", location: "eastus", vaultName: "shop-prod-kv" },
      tags: { "dr:plan": "shop", "dr:site": "prod" },
      properties: {
        ...{ tenantId: "99999999-9999-9999-9999-999999999999", sku: { family: "A", name: "premium" } },
        ...{ enableSoftDelete: true, softDeleteRetentionInDays: 90, enablePurgeProtection: true },
        ...{ enableRbacAuthorization: true, publicNetworkAccess: "Enabled" },
        // What the SDK adds.
        ...{ enabledForDeployment: false, enabledForDiskEncryption: false, enabledForTemplateDeployment: false },
        networkAcls: {
          ...{ bypass: "AzureServices", defaultAction: "Deny" },
          virtualNetworkRules: [{ id: "site-id/subnets/apps" }],
        },
      },
    });
  });

  it("replaces the key of backups as often as the plan says, every 90 days if it does not", async () => {
    const rotation = async (keyRotation?: number) => {
      const storage = keyRotation === undefined ? {} : { storage: { keyRotation } as never };
      const { resources } = await record(() => new Foundation("site", { ...args(), ...storage }));
      const { properties } = one(resources, "keyvault:Key", "site-backups").inputs;
      return (properties as { rotationPolicy: unknown }).rotationPolicy;
    };
    const policy = (days: number) => ({
      attributes: { expiryTime: `P${days + 30}D` },
      lifetimeActions: [
        { action: { type: "rotate" }, trigger: { timeAfterCreate: `P${days}D` } },
        { action: { type: "notify" }, trigger: { timeBeforeExpiry: "P30D" } },
      ],
    });
    assert.deepEqual(await rotation(), policy(90));
    assert.deepEqual(await rotation(30 * 86_400), policy(30));
  });

  const rules = (resources: readonly Recorded[], subnet: string) =>
    resources
      .filter(({ type, name }) => type === "azure-native:network:SecurityRule" && name.startsWith(`site-${subnet}-`))
      .map(({ inputs: i }) => [i.priority, i.access, i.direction, i.sourceAddressPrefix ?? i.sourceAddressPrefixes])
      .sort(([one], [other]) => Number(one) - Number(other));

  it("lets the world reach 443 of services, and only services and the other site's servers reach databases", async () => {
    const resources = await made();
    assert.deepEqual(rules(resources, "apps"), [
      [200, "Allow", "Inbound", "Internet"],
      [210, "Allow", "Inbound", "AzureLoadBalancer"],
      [220, "Allow", "Inbound", "10.40.0.0/23"],
      [4000, "Deny", "Inbound", "*"],
    ]);
    assert.deepEqual(rules(resources, "data"), [
      [200, "Allow", "Inbound", "10.40.0.0/23"],
      [210, "Allow", "Inbound", ["10.40.2.0/24", "10.41.2.0/24"]],
      [4000, "Deny", "Inbound", "*"],
    ]);
    const groups = resources.filter(({ type }) => type === "azure-native:network:NetworkSecurityGroup");
    assert.ok(
      groups.every(({ inputs }) => inputs.securityRules === undefined),
      "else a quarantine's rules would be taken out",
    );
  });

  it("keeps priority 100 free, for a quarantine", async () =>
    assert.ok(
      [...rules(await made(), "apps"), ...rules(await made(), "data")].every(([priority]) => Number(priority) > 100),
    ));

  it("gives servers a subnet of their own, and every subnet a security group", async () => {
    const { subnets } = one(await made(), "network:VirtualNetwork", "site").inputs;
    assert.deepEqual(subnets, [
      {
        ...{ name: "apps", addressPrefix: "10.40.0.0/23", networkSecurityGroup: { id: "site-apps-id" } },
        delegations: [{ name: "delegated", serviceName: "Microsoft.App/environments" }],
        serviceEndpoints: [{ service: "Microsoft.Storage" }, { service: "Microsoft.KeyVault" }],
      },
      {
        ...{ name: "data", addressPrefix: "10.40.2.0/24", networkSecurityGroup: { id: "site-data-id" } },
        delegations: [{ name: "delegated", serviceName: "Microsoft.DBforPostgreSQL/flexibleServers" }],
        serviceEndpoints: [{ service: "Microsoft.Storage" }],
      },
    ]);
    assert.notEqual(addressesOf({ index: 0 }).all, addressesOf({ index: 1 }).all);
  });

  it("joins the networks from the second site, both ways, each in its own subscription", async () => {
    const resources = await made(drSite());
    const [near, back] = [
      one(resources, "network:VirtualNetworkPeering", "site-peering"),
      one(resources, "network:VirtualNetworkPeering", "site-peering-back"),
    ];
    const networks = (subscription: string, group: string, name: string) =>
      `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/virtualNetworks/${name}`;
    assert.deepEqual(near.inputs.remoteVirtualNetwork, { id: networks(SUBSCRIPTION, "shop-prod", "shop-prod") });
    assert.deepEqual(back.inputs.remoteVirtualNetwork, { id: networks(DR_SUBSCRIPTION, "rg-shop-dr", "shop-dr") });
    assert.deepEqual(
      [near, back].map((each) => subscriptionOf(resources, each)),
      [DR_SUBSCRIPTION, SUBSCRIPTION],
    );
    assert.deepEqual([near.retained, back.retained], [true, true]);
    assert.equal(
      childrenOf(await made(), self).some((child) => child.includes("Peering")),
      false,
      "the first is brought up alone",
    );
  });

  it("names nothing of a lost site", async () => {
    const resources = await made(drSite({ activation: "active", lost: "prod" }));
    const said = JSON.stringify(resources.slice(1).map(({ inputs, type }) => [type, inputs]));
    assert.equal(said.includes(SUBSCRIPTION), false);
    assert.equal(said.includes("eastus"), false);
    assert.equal(said.includes("10.40."), false);
  });

  it("makes the same on standby: a recovery makes none of it", async () =>
    assert.deepEqual(
      childrenOf(await made(drSite()), self),
      childrenOf(await made(drSite({ activation: "active" })), self),
    ));

  it("hands no key of the logs' workspace to anyone", async () => {
    const resources = await made();
    assert.deepEqual(one(resources, "app:ManagedEnvironment", "site").inputs.appLogsConfiguration, {
      destination: "azure-monitor",
    });
    assert.deepEqual(one(resources, "operationalinsights:Workspace", "site").inputs.features, {
      disableLocalAuth: true,
    });
  });

  it("gives each identity one role on one thing", async () => {
    const assignments = (await made()).filter(({ type }) => type === "azure-native:authorization:RoleAssignment");
    assert.deepEqual(
      assignments.map(({ name, inputs: { scope, principalId } }) => [name, scope, principalId]),
      [
        ["site-secrets", "site-id", "shop-prod-principal"],
        ["site-storage-key", "site-id/keys/backups", "shop-prod-storage-principal"],
      ],
    );
    assert.match(guidOf("a"), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(guidOf("a", "b"), guidOf("ab"));
  });

  const refusals: readonly [string, SiteArgs, string][] = [
    [
      "a subscription's name",
      siteArgs({ sites: { ...siteArgs().sites, prod: { platform: "azure", region: "eastus", subscription: "Shop" } } }),
      `sites.prod.subscription must be a subscription's id on azure, not its name; got Shop. az account show --subscription "Shop" --query id prints it`,
    ],
    [
      "a site without one",
      siteArgs({ sites: { ...siteArgs().sites, dr: { platform: "azure", region: "westus2" } } }),
      "sites.dr.subscription must be a subscription's id on azure, not its name; got none. az account show --query id prints it",
    ],
    [
      "a site that is not in Azure",
      siteArgs({ sites: { ...siteArgs().sites, dr: { platform: "local" } } }),
      "sites.dr.platform must be azure; got local",
    ],
  ];
  for (const [what, site, message] of refusals) it(`refuses ${what}`, () => assert.rejects(made(site), { message }));

  it("must be there before what stands on it", () =>
    assert.throws(() => foundationOf(siteArgs()), {
      message:
        "`site.foundation` must be the azure Foundation of prod: make it first, and give it to the site's other components",
    }));
});
