import * as storage from "@pulumi/azure-native/storage";
import type * as inputs from "@pulumi/azure-native/types/input";
import type * as pulumi from "../../provider/pulumi";

/** Whether data is protected so that nobody may delete it before its time. */
export interface Protection {
  readonly immutableDays: number;
  /** Locked: not even the owner may shorten it, nor delete the account while anything is in it. It cannot be undone. */
  readonly locked: boolean;
  readonly softDeleteDays: number;
  readonly versioning: boolean;
}

/**
 * A storage account for backups and its one container. TLS 1.2, no shared keys, no public blobs, Azure's own encryption
 * twice, every write a version, and a change feed that says who changed what.
 */
export function makeAccount(
  name: string,
  args: {
    readonly common: { resourceGroupName: pulumi.Input<string>; location: string; tags: Record<string, string> };
    readonly accountName: string;
    readonly sku: "Standard_GZRS" | "Standard_RAGZRS" | "Standard_ZRS" | "Standard_LRS";
    readonly protection: Protection;
    readonly networkRuleSet: inputs.storage.NetworkRuleSetArgs;
    readonly key?: { readonly identityId: pulumi.Input<string>; readonly vaultUri: pulumi.Input<string> };
    readonly rules: inputs.storage.ManagementPolicyRuleArgs[];
  },
  /** How each is held, by its name. */
  held: (name: string) => pulumi.CustomResourceOptions,
) {
  const { common, accountName, sku, protection, networkRuleSet, key, rules } = args;
  const { immutableDays, locked, softDeleteDays: days, versioning } = protection;
  const { resourceGroupName } = common;
  const account = new storage.StorageAccount(
    name,
    {
      ...{ ...common, accountName, kind: "StorageV2", sku: { name: sku }, accessTier: storage.AccessTier.Hot },
      ...{ minimumTlsVersion: "TLS1_2", enableHttpsTrafficOnly: true, publicNetworkAccess: "Enabled", networkRuleSet },
      ...{ allowBlobPublicAccess: false, allowSharedKeyAccess: false, defaultToOAuthAuthentication: true },
      ...{ allowCrossTenantReplication: false, isLocalUserEnabled: false, allowedCopyScope: "AAD" },
      ...(key ? { identity: { type: "UserAssigned", userAssignedIdentities: [key.identityId] } } : {}),
      encryption: {
        ...{ requireInfrastructureEncryption: true, services: { blob: { enabled: true, keyType: "Account" } } },
        ...(key
          ? {
              ...{
                keySource: "Microsoft.Keyvault",
                encryptionIdentity: { encryptionUserAssignedIdentity: key.identityId },
              },
              keyVaultProperties: { keyName: "backups", keyVaultUri: key.vaultUri }, // no version: rotation is followed
            }
          : { keySource: "Microsoft.Storage" }),
      },
      // Of versions, not of containers: restic deletes its locks, and a container that nothing can be deleted from stops it.
      immutableStorageWithVersioning: {
        enabled: immutableDays > 0,
        ...(immutableDays > 0
          ? {
              immutabilityPolicy: {
                ...{ immutabilityPeriodSinceCreationInDays: immutableDays, allowProtectedAppendWrites: false },
                state: locked ? "Locked" : "Unlocked",
              },
            }
          : {}),
      },
    },
    // Set at creation and never again: a plan that changes its mind must not replace an account that holds backups.
    { ...held(name), ignoreChanges: ["immutableStorageWithVersioning.enabled"] },
  );
  const service = new storage.BlobServiceProperties(
    `${name}-service`,
    {
      ...{ resourceGroupName, accountName: account.name, blobServicesName: "default" },
      // Immutable versions need versioning, and so does replication: the plan's word counts where neither is.
      isVersioningEnabled: versioning || immutableDays > 0,
      ...{ changeFeed: { enabled: true, retentionInDays: 365 }, deleteRetentionPolicy: { enabled: true, days } },
      containerDeleteRetentionPolicy: { enabled: true, days },
    },
    held(`${name}-service`),
  );
  const container = new storage.BlobContainer(
    `${name}-container`,
    {
      ...{ resourceGroupName, accountName: account.name, containerName: CONTAINER },
      publicAccess: storage.PublicAccess.None,
    },
    { ...held(`${name}-container`), dependsOn: [service] },
  );
  new storage.ManagementPolicy(
    `${name}-lifecycle`,
    { resourceGroupName, accountName: account.name, managementPolicyName: "default", policy: { rules } },
    { ...held(`${name}-lifecycle`), dependsOn: [service] },
  );
  return { account, service, container };
}

/** The container of every account of backups. */
export const CONTAINER = "backups";
