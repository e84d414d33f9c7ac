import * as dataprotection from "@pulumi/azure-native/dataprotection";
import { NAMES } from "../../plan/platforms";
import { reach } from "../../plan/retention";
import type { PostgresqlData } from "../../plan";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import type { Database } from "./database";
import { tagsOf, type Place } from "./place";
import { allow } from "./vault";

type Opts = pulumi.CustomResourceOptions & { parent: pulumi.ComponentResource };
const DATASOURCE = "Microsoft.DBforPostgreSQL/flexibleServers";

/** A backup vault, geo-redundant, whose backups nobody can delete early: immutable (unlocked) and always soft-deleted. */
export const makeBackupVault = (
  name: string,
  site: SiteArgs,
  { place, groupName, softDelete }: { place: Place; groupName: pulumi.Input<string>; softDelete: number },
  opts: Opts,
) =>
  new dataprotection.BackupVault(
    name,
    {
      ...{ resourceGroupName: groupName, location: place.region, tags: tagsOf(site) },
      vaultName: NAMES.azureBackupVault.name({ plan: site.plan, site: site.name }),
      identity: { type: "SystemAssigned" },
      properties: {
        monitoringSettings: { azureMonitorAlertSettings: { alertsForAllJobFailures: "Enabled" } },
        storageSettings: [{ datastoreType: "VaultStore", type: "GeoRedundant" }],
        securitySettings: {
          immutabilitySettings: { state: "Unlocked" },
          softDeleteSettings: { state: "On", retentionDurationInDays: softDelete },
        },
        featureSettings: {
          crossRegionRestoreSettings: { state: "Enabled" },
          crossSubscriptionRestoreSettings: { state: "Enabled" },
        },
      },
    },
    {
      ...{ ...opts, retainOnDelete: true, protect: true },
      // Said once; Azure takes no change of it while anything is in the vault.
      ignoreChanges: ["properties.storageSettings"],
    },
  );

/** Weekly backups of servers, kept as long as the plan's longest: what point-in-time restore forgets after 35 days. */
export function protectServers(
  name: string,
  args: {
    readonly place: Place;
    readonly groupName: pulumi.Input<string>;
    readonly vault: dataprotection.BackupVault;
    readonly servers: readonly {
      readonly source: string;
      readonly entry: PostgresqlData;
      readonly database: Database;
    }[];
  },
  opts: Opts,
): void {
  const { place, groupName, vault, servers } = args;
  const vaultName = vault.name;
  const who = vault.identity.apply((identity) => identity?.principalId ?? "");
  const group = `/subscriptions/${place.subscription}/resourceGroups/${place.group}`;
  const reader = allow(`${name}-reader`, { place, role: "Reader", who, scope: group }, opts);
  for (const { source, entry, database } of servers) {
    const objectType = "DataStoreInfoBase";
    const dataStore = { dataStoreType: "VaultStore", objectType };
    const policy = new dataprotection.BackupPolicy(
      `${name}-${source}`,
      {
        ...{ resourceGroupName: groupName, vaultName, backupPolicyName: source },
        properties: {
          ...{ objectType: "BackupPolicy", datasourceTypes: [DATASOURCE] },
          policyRules: [
            {
              ...{ name: "BackupWeekly", objectType: "AzureBackupRule", dataStore },
              backupParameters: { backupType: "Full", objectType: "AzureBackupParams" },
              trigger: {
                objectType: "ScheduleBasedTriggerContext",
                // A Sunday in UTC: Azure takes one full backup a week.
                schedule: { repeatingTimeIntervals: ["R/2027-01-03T02:00:00+00:00/P1W"], timeZone: "UTC" },
                taggingCriteria: [{ isDefault: true, tagInfo: { tagName: "Default" }, taggingPriority: 99 }],
              },
            },
            {
              ...{ name: "Default", objectType: "AzureRetentionRule", isDefault: true },
              lifecycles: [
                {
                  deleteAfter: { duration: `P${vaultDays(entry)}D`, objectType: "AbsoluteDeleteOption" },
                  sourceDataStore: dataStore,
                },
              ],
            },
          ],
        },
      },
      { ...opts, retainOnDelete: true },
    );
    const allowed = allow(
      `${name}-${source}-read`,
      { place, role: "PostgreSQL Flexible Server Long Term Retention Backup Role", scope: database.serverId, who },
      opts,
    );
    const resource = {
      ...{ resourceID: database.serverId, resourceUri: database.serverId, resourceType: DATASOURCE },
      ...{ datasourceType: DATASOURCE, resourceLocation: place.region },
    };
    new dataprotection.BackupInstance(
      `${name}-${source}`,
      {
        ...{ resourceGroupName: groupName, vaultName, backupInstanceName: source },
        properties: {
          ...{ objectType: "BackupInstance", friendlyName: source },
          dataSourceInfo: { ...resource, objectType: "Datasource" },
          policyInfo: { policyId: policy.id },
        },
      },
      { ...opts, retainOnDelete: true, dependsOn: [reader, allowed] },
    );
  }
}

/** As long as the plan asks; and not less than 7 days, which the vault wants. */
export const vaultDays = ({ retention }: Pick<PostgresqlData, "retention">) =>
  Math.min(3650, Math.max(7, Math.ceil(reach(retention) / 86_400)));
