import assert from "node:assert/strict";
import { BackupBucket } from "../../../components/azure";
import type { BackupBucketArgs } from "../../../components/azure/backup-bucket";
import { lifecycleOf, softDeleteDays, versionDays } from "../../../components/azure/lifecycle";
import type { SiteArgs } from "../../../components/contract";
import type { Plan, Retention } from "../../../plan";
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

const DAY = 86_400;
const storage: Plan["storage"] = {
  ...{ local: true, versioning: true, softDelete: 30 * DAY, immutable: 7 * DAY, redundancy: "zone+geo" },
  ...{ keyRotation: 90 * DAY, credentialRotation: 90 * DAY },
};
const retention: Retention = { last: 0, daily: 30, weekly: 0, monthly: 12, yearly: 0 };
const once = recordOnce();
const made = async (site: SiteArgs = siteArgs(), change: Partial<BackupBucketArgs> = {}, preview = false) =>
  (
    await once([site, change, preview], () =>
      record(() => new BackupBucket("backups", { site: founded(site), storage, retentions: [retention], ...change }), {
        preview,
      }),
    )
  ).resources;
const self = "dr:azure:BackupBucket backups";
const account = (subscription: string, group: string, name: string) =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/${name}`;

describe("azure.BackupBucket", function () {
  this.timeout(600_000);
  obeysContract(
    "dr:azure:BackupBucket",
    ["locations", "accountId", "accountName"],
    (name, opts) => new BackupBucket(name, { site: founded(siteArgs()) }, opts),
  );

  it("is an account here and one at the other site, each with its rules, and replication from one to the other", async () =>
    assert.deepEqual(childrenOf(await made(), self).sort(), [
      "authorization:RoleAssignment backups-agent",
      "storage:BlobContainer backups-container",
      "storage:BlobContainer backups-copy-container",
      "storage:BlobServiceProperties backups-copy-service",
      "storage:BlobServiceProperties backups-service",
      "storage:ManagementPolicy backups-copy-lifecycle",
      "storage:ManagementPolicy backups-lifecycle",
      "storage:ObjectReplicationPolicy backups-copy-replication",
      "storage:ObjectReplicationPolicy backups-replication",
      "storage:StorageAccount backups",
      "storage:StorageAccount backups-copy",
    ]));

  const common = {
    ...{ tags: { "dr:plan": "shop", "dr:site": "prod" }, kind: "StorageV2", accessTier: "Hot" },
    ...{ minimumTlsVersion: "TLS1_2", enableHttpsTrafficOnly: true, publicNetworkAccess: "Enabled" },
    ...{ allowBlobPublicAccess: false, allowSharedKeyAccess: false, defaultToOAuthAuthentication: true },
    ...{ allowCrossTenantReplication: false, isLocalUserEnabled: false, allowedCopyScope: "AAD" },
    immutableStorageWithVersioning: {
      enabled: true,
      immutabilityPolicy: {
        ...{ immutabilityPeriodSinceCreationInDays: 7, allowProtectedAppendWrites: false, state: "Unlocked" },
      },
    },
  };
  const onlyFrom = (subnet: string) => ({
    ...{ defaultAction: "Deny", bypass: "AzureServices, Logging, Metrics" },
    virtualNetworkRules: [{ virtualNetworkResourceId: subnet }],
  });
  const subnet = (subscription: string, group: string, network: string) =>
    `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/virtualNetworks/${network}/subnets/apps`;
  const blob = { blob: { enabled: true, keyType: "Account" } };

  for (const preview of [false, true])
    it(`asks for exactly this account${preview ? " (preview)" : ""}`, async () => {
      const { inputs, retained, guarded, ignored } = one(
        await made(siteArgs(), {}, preview),
        "storage:StorageAccount",
        "backups",
      );
      const known = <T>(value: T) => (preview ? UNKNOWN : value);
      assert.deepEqual(inputs, {
        ...{ ...common, resourceGroupName: "shop-prod", location: "eastus", accountName: "shopprodbk" },
        ...{
          sku: { name: "Standard_RAGZRS" },
          networkRuleSet: onlyFrom(subnet(SUBSCRIPTION, "shop-prod", "shop-prod")),
        },
        identity: { type: "UserAssigned", userAssignedIdentities: [known("site-storage-id")] },
        encryption: {
          ...{ requireInfrastructureEncryption: true, services: blob, keySource: "Microsoft.Keyvault" },
          encryptionIdentity: { encryptionUserAssignedIdentity: known("site-storage-id") },
          keyVaultProperties: { keyName: "backups", keyVaultUri: known("https://shop-prod-kv.vault.azure.net") },
        },
        ...(preview ? { resourceGroupName: inputs.resourceGroupName } : {}),
        ...(preview ? { encryption: inputs.encryption, identity: inputs.identity } : {}),
      });
      assert.deepEqual(
        { retained, guarded, ignored },
        { retained: true, guarded: true, ignored: ["immutableStorageWithVersioning.enabled"] },
      );
    });

  it("copies into the other site's group and subscription, and encrypts there without this site's vault", async () => {
    const resources = await made();
    const copy = one(resources, "storage:StorageAccount", "backups-copy");
    assert.deepEqual(copy.inputs, {
      ...{ ...common, resourceGroupName: "rg-shop-dr", location: "westus2", accountName: "shopprodcp" },
      ...{ sku: { name: "Standard_ZRS" }, networkRuleSet: onlyFrom(subnet(DR_SUBSCRIPTION, "rg-shop-dr", "shop-dr")) },
      encryption: { requireInfrastructureEncryption: true, services: blob, keySource: "Microsoft.Storage" },
    });
    assert.equal(subscriptionOf(resources, copy), DR_SUBSCRIPTION);
    assert.deepEqual([copy.retained, copy.guarded], [true, false], "left as it is while its site is lost");
  });

  it("keeps versions, deletions and what changed", async () => {
    for (const name of ["backups-service", "backups-copy-service"])
      assert.deepEqual(
        (({ isVersioningEnabled, changeFeed, deleteRetentionPolicy, containerDeleteRetentionPolicy }) => ({
          ...{ isVersioningEnabled, changeFeed, deleteRetentionPolicy, containerDeleteRetentionPolicy },
        }))(one(await made(), "storage:BlobServiceProperties", name).inputs),
        {
          ...{ isVersioningEnabled: true, changeFeed: { enabled: true, retentionInDays: 365 } },
          deleteRetentionPolicy: { enabled: true, days: 30 },
          containerDeleteRetentionPolicy: { enabled: true, days: 30 },
        },
      );
  });

  it("replicates by a policy that the destination has first, and the source under its id", async () => {
    const resources = await made();
    const [there, here] = [
      one(resources, "storage:ObjectReplicationPolicy", "backups-copy-replication"),
      one(resources, "storage:ObjectReplicationPolicy", "backups-replication"),
    ];
    const rule = {
      ...{ sourceContainer: "backups", destinationContainer: "backups" },
      filters: { minCreationTime: "1601-01-01T00:00:00Z" },
    };
    const ids = {
      ...{ sourceAccount: "backups-id", destinationAccount: account(DR_SUBSCRIPTION, "rg-shop-dr", "shopprodcp") },
    };
    assert.deepEqual(there.inputs, {
      ...{
        ...ids,
        resourceGroupName: "rg-shop-dr",
        accountName: "shopprodcp",
        objectReplicationPolicyId: "default",
        rules: [rule],
      },
    });
    assert.deepEqual(here.inputs, {
      ...{ ...ids, resourceGroupName: "shop-prod", accountName: "shopprodbk", metrics: { enabled: true } },
      ...{ objectReplicationPolicyId: "backups-copy-replication-policy", rules: [{ ruleId: "rule-0", ...rule }] },
    });
    for (const each of ["backups-service", "backups-copy-service"])
      assert.ok(there.dependsOn.includes(`azure-native:storage:BlobServiceProperties ${each}`), "versions come first");
    assert.deepEqual(
      [there, here].map((each) => subscriptionOf(resources, each)),
      [DR_SUBSCRIPTION, SUBSCRIPTION],
    );
  });

  it("keeps three zones and Azure's pair of regions, whatever the plan's redundancy", async () => {
    const resources = await made(siteArgs(), { storage: { ...storage, redundancy: "geo" } });
    assert.deepEqual(one(resources, "storage:StorageAccount", "backups").inputs.sku, { name: "Standard_GZRS" });
    assert.deepEqual(one(resources, "storage:StorageAccount", "backups-copy").inputs.sku, { name: "Standard_LRS" });
  });

  it("locks immutability only where it is spelt out", async () => {
    const { immutableStorageWithVersioning } = one(
      await made(siteArgs(), { locked: true }),
      "storage:StorageAccount",
      "backups",
    ).inputs;
    assert.deepEqual(immutableStorageWithVersioning, {
      enabled: true,
      immutabilityPolicy: {
        ...{ immutabilityPeriodSinceCreationInDays: 7, allowProtectedAppendWrites: false, state: "Locked" },
      },
    });
    const none = await made(siteArgs(), { storage: { ...storage, immutable: 0 } });
    assert.deepEqual(one(none, "storage:StorageAccount", "backups").inputs.immutableStorageWithVersioning, {
      enabled: false,
    });
  });

  it("names nothing of a lost site, and has one location", async () => {
    const { resources, outputs } = await record(
      () => new BackupBucket("backups", { site: founded(drSite({ activation: "active", lost: "prod" })) }),
    );
    assert.equal(
      JSON.stringify(
        resources.filter(({ type }) => type.startsWith("azure-native")).map(({ inputs }) => inputs),
      ).includes(SUBSCRIPTION),
      false,
    );
    assert.deepEqual(outputs.find(({ of }) => of === self)?.values.locations, ["azure:shopdrbk/backups"]);
  });

  it("says where backups go, nearest first", async () => {
    const { outputs } = await record(() => new BackupBucket("backups", { site: founded(siteArgs()) }));
    assert.deepEqual(outputs.find(({ of }) => of === self)?.values.locations, [
      "azure:shopprodbk/backups",
      "azure:shopprodcp/backups",
    ]);
  });
});

describe("azure: lifecycle of backups", () => {
  it("deletes no blob that is in use, and no version before the longest retention and the time to bring it back", () => {
    const [rule] = lifecycleOf([retention, { ...retention, monthly: 0 }], 30 * DAY);
    const cool = { tierToCool: { daysAfterCreationGreaterThan: 30 } };
    assert.deepEqual(rule?.definition, {
      filters: { blobTypes: ["blockBlob"] },
      actions: {
        baseBlob: cool,
        version: { ...cool, delete: { daysAfterCreationGreaterThan: 390 } },
        snapshot: { delete: { daysAfterCreationGreaterThan: 390 } },
      },
    });
  });

  it("leaves hot what is not kept long enough to pay for the cool tier", () =>
    assert.equal(JSON.stringify(lifecycleOf([{ ...retention, monthly: 0 }], 30 * DAY)).includes("tierToCool"), false));

  it("keeps versions longer than any retention", () => {
    for (const daily of [1, 7, 400])
      for (const yearly of [0, 7])
        assert.ok(versionDays([{ ...retention, daily, yearly }], DAY) > Math.max(daily, yearly * 365));
    assert.equal(versionDays([], 30 * DAY), 30);
  });

  for (const [seconds, days] of [
    [0, 1],
    [DAY, 1],
    [1.5 * DAY, 2],
    [3650 * DAY, 365],
  ] as const)
    it(`says ${seconds} s of soft delete as ${days} d, which Azure takes`, () =>
      assert.equal(softDeleteDays(seconds), days));
});
