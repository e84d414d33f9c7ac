import * as storage from "@pulumi/azure-native/storage";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { CONTAINER, makeAccount } from "./account";
import { foundationOf } from "./foundation";
import { lifecycleOf, softDeleteDays } from "./lifecycle";
import { farEnd, idOf, peerOf, placeOf, subnetOf, tagsOf } from "./place";
import { allow } from "./vault";

export interface BackupBucketArgs extends contract.BackupBucketArgs {
  /**
   * CAUTION: cannot be undone. Whether `storage.immutable` is locked: not even the subscription's owner may then shorten
   * it or delete a backup before its time, and all of it is paid for until then.
   * @default false - unlocked: an owner may lift it
   */
  readonly locked?: boolean;
}

const SOFT_DELETE_SECONDS = 30 * 86_400;
const IMMUTABLE_SECONDS = 7 * 86_400;

/**
 * A storage account for the site's backups, and its copy at the other site, filled by object replication: unlike Azure's
 * own pair of regions, the copy is where the plan says and open to write on at once. Both outlive the stack.
 *
 * @example
 * const bucket = new BackupBucket("backups", { site, storage: plan.storage, retentions });
 */
export class BackupBucket extends pulumi.ComponentResource implements contract.BackupBucket {
  readonly locations: pulumi.Output<string[]>;
  readonly accountId: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;

  constructor(name: string, args: BackupBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:azure:BackupBucket", name, args, opts);
    const { site, storage: said, retentions = [], locked = false } = args;
    const { groupName, here, there, identity, storageIdentity, vaultUri, access } = foundationOf(site);
    const place = placeOf(site, site.name);
    const far = peerOf(site);
    const zones = said?.redundancy === "zone+geo";
    const softDelete = said?.softDelete ?? SOFT_DELETE_SECONDS;
    const protection = {
      ...{ immutableDays: Math.ceil((said?.immutable ?? IMMUTABLE_SECONDS) / 86_400), locked },
      ...{ softDeleteDays: softDeleteDays(softDelete), versioning: far !== undefined || (said?.versioning ?? true) },
    };
    const parts = { plan: site.plan, site: site.name };
    const rules = lifecycleOf(retentions, softDelete);
    const kept = { parent: this, retainOnDelete: true, protect: true };

    const own = makeAccount(
      name,
      {
        common: { resourceGroupName: groupName, location: place.region, tags: tagsOf(site) },
        ...{ accountName: NAMES.azureStorage.name(parts), protection, rules },
        // Three zones here and Azure's own pair of regions; and, for zone+geo, that pair can be read while this region is gone.
        sku: zones ? "Standard_RAGZRS" : "Standard_GZRS",
        key: { identityId: storageIdentity.id, vaultUri },
        networkRuleSet: {
          ...{ defaultAction: storage.DefaultAction.Deny, bypass: "AzureServices, Logging, Metrics" },
          virtualNetworkRules: [{ virtualNetworkResourceId: subnetOf(place, site.plan, "apps") }],
        },
      },
      () => ({ ...kept, provider: here, dependsOn: [...access] }),
    );
    allow(
      `${name}-agent`,
      {
        ...{ place, role: "Storage Blob Data Contributor", who: identity.principalId },
        scope: pulumi.interpolate`${own.account.id}/blobServices/default/containers/${own.container.name}`,
      },
      { parent: this, provider: here },
    );

    const locations = [pulumi.interpolate`azure:${own.account.name}/${own.container.name}`];
    if (far && there) {
      const copyName = NAMES.azureStorageCopy.name(parts);
      const copy = makeAccount(
        `${name}-copy`,
        {
          common: { resourceGroupName: far.group, location: far.region, tags: tagsOf(site) },
          // In zones where the plan says so. By Azure's own keys: the site's vault may be what was lost.
          ...{ accountName: copyName, protection, rules, sku: zones ? "Standard_ZRS" : "Standard_LRS" },
          networkRuleSet: {
            ...{ defaultAction: storage.DefaultAction.Deny, bypass: "AzureServices, Logging, Metrics" },
            virtualNetworkRules: [subnetOf(far, site.plan, "apps")].map((id) => ({ virtualNetworkResourceId: id })),
          },
        },
        (child) => ({ ...farEnd(this, site, child), provider: there }),
      );
      const ids = {
        sourceAccount: own.account.id,
        destinationAccount: idOf(far, "Microsoft.Storage/storageAccounts", copyName),
      };
      const containers = { sourceContainer: CONTAINER, destinationContainer: CONTAINER };
      const everything = { minCreationTime: "1601-01-01T00:00:00Z" }; // also what was there before the policy
      // The destination's comes first and is given its id; the source's must be told of it.
      const received = new storage.ObjectReplicationPolicy(
        `${name}-copy-replication`,
        {
          ...{ ...ids, resourceGroupName: far.group, accountName: copy.account.name },
          ...{ objectReplicationPolicyId: "default", rules: [{ ...containers, filters: everything }] },
        },
        {
          ...farEnd(this, site, `${name}-copy-replication`),
          provider: there,
          dependsOn: [own.service, own.container, copy.service, copy.container],
        },
      );
      new storage.ObjectReplicationPolicy(
        `${name}-replication`,
        {
          ...{ ...ids, resourceGroupName: groupName, accountName: own.account.name },
          ...{ objectReplicationPolicyId: received.policyId, metrics: { enabled: true } },
          rules: received.rules.apply((made) => [
            { ...containers, filters: everything, ...(made?.[0]?.ruleId ? { ruleId: made[0].ruleId } : {}) },
          ]),
        },
        { ...farEnd(this, site, `${name}-replication`), provider: here },
      );
      locations.push(pulumi.interpolate`azure:${copy.account.name}/${copy.container.name}`);
    }

    this.locations = pulumi.all(locations);
    this.accountId = own.account.id;
    this.accountName = own.account.name;
    const { accountId, accountName } = this;
    this.registerOutputs({ locations: this.locations, accountId, accountName });
  }
}
