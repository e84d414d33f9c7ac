import * as authorization from "@pulumi/azure-native/authorization";
import * as keyvault from "@pulumi/azure-native/keyvault";
import type * as managedidentity from "@pulumi/azure-native/managedidentity";
import type { Provider } from "@pulumi/azure-native/provider";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { guidOf, roleOf, tagsOf, type Place, type RoleName } from "./place";

/** Days that a deleted vault, key or secret can be brought back, the most that Azure allows. Nobody can cut it short. */
const SOFT_DELETE_DAYS = 90;
/** Days before its end that a key version is replaced although nobody asked: Key Vault wants both. */
const DAYS_TO_SPARE = 30;

/** The site's vault, and in it the key that its backups are encrypted by. People put the secrets' values there. */
export function makeVault(
  name: string,
  site: SiteArgs,
  args: {
    readonly here: Place;
    readonly group: pulumi.Input<string>;
    readonly tenantId: pulumi.Input<string>;
    readonly subnetIds: readonly pulumi.Input<string>[];
    readonly rotationDays: number;
  },
  { parent, provider }: { readonly parent: pulumi.ComponentResource; readonly provider: Provider },
) {
  const { here, group, tenantId, subnetIds, rotationDays } = args;
  // What it has encrypted can be read by nothing else.
  const kept = { parent, provider, retainOnDelete: true, protect: true };
  const vault = new keyvault.Vault(
    name,
    {
      ...{ resourceGroupName: group, location: here.region, tags: tagsOf(site) },
      vaultName: NAMES.azureVault.name({ plan: site.plan, site: site.name }),
      properties: {
        ...{ tenantId, sku: { family: "A", name: keyvault.SkuName.Premium } },
        ...{ enableSoftDelete: true, softDeleteRetentionInDays: SOFT_DELETE_DAYS, enablePurgeProtection: true },
        ...{ enableRbacAuthorization: true, publicNetworkAccess: "Enabled" },
        // Storage comes to the key as a trusted service, services to their secrets from the subnet; nobody else does.
        networkAcls: {
          ...{ bypass: "AzureServices", defaultAction: "Deny" },
          virtualNetworkRules: subnetIds.map((id) => ({ id })),
        },
      },
    },
    kept,
  );
  const key = new keyvault.Key(
    `${name}-backups`,
    {
      ...{ resourceGroupName: group, vaultName: vault.name, keyName: "backups", tags: tagsOf(site) },
      properties: {
        ...{ kty: "RSA", keySize: 3072, keyOps: ["wrapKey", "unwrapKey"] },
        rotationPolicy: {
          attributes: { expiryTime: `P${rotationDays + DAYS_TO_SPARE}D` },
          lifetimeActions: [
            {
              action: { type: keyvault.KeyRotationPolicyActionType.Rotate },
              trigger: { timeAfterCreate: `P${rotationDays}D` },
            },
            {
              action: { type: keyvault.KeyRotationPolicyActionType.Notify },
              trigger: { timeBeforeExpiry: `P${DAYS_TO_SPARE}D` },
            },
          ],
        },
      },
    },
    kept,
  );
  return { vault, key };
}

/** Key Vault rotates after 7 days at the soonest. */
export const rotationDaysOf = (seconds: number) => Math.max(7, Math.round(seconds / 86_400));

/** Lets an identity do one thing to one resource. */
export function allow(
  name: string,
  { place, role, scope, who }: { place: Place; role: RoleName; scope: pulumi.Input<string>; who: pulumi.Input<string> },
  opts: pulumi.CustomResourceOptions,
): authorization.RoleAssignment {
  return new authorization.RoleAssignment(
    name,
    {
      ...{ roleAssignmentName: guidOf(place.subscription, place.group, name, role), scope, principalId: who },
      // Said, so that one who was only just made is not looked for before the directory knows them.
      ...{ principalType: "ServicePrincipal", roleDefinitionId: roleOf(place, role) },
    },
    opts,
  );
}

export type Identity = managedidentity.UserAssignedIdentity;
