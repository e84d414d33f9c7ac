import * as authorization from "@pulumi/azure-native/authorization";
import * as postgresql from "@pulumi/azure-native/dbforpostgresql";
import * as network from "@pulumi/azure-native/network";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import * as storage from "@pulumi/azure-native/storage";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { Database } from "./database";
import { foundationOf } from "./foundation";
import { placeOf, tagsOf } from "./place";

const CLOSED = ["apps", "data"] as const;
const DIRECTIONS = ["Inbound", "Outbound"] as const;
/** Logs that are kept from now on; what was written before stays in the workspace. */
const LOGS = ["ContainerAppConsoleLogs", "ContainerAppSystemLogs", "AzureDiagnostics"];

/**
 * After a breach: evidence is kept first (a backup of each database that takes writes, logs into an account of their own
 * under a legal hold), then nothing goes into or out of the site's networks: services and the agent lose their secrets,
 * keys and databases with it. Taken out of the config, the networks open again and the evidence stays.
 */
export class Quarantine extends pulumi.ComponentResource {
  constructor(name: string, args: contract.QuarantineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:azure:Quarantine", name, args, opts);
    const { site, reason, breach, databases } = args;
    const { groupName, here, workspaceId, workspaceName, securityGroups } = foundationOf(site);
    const place = placeOf(site, site.name);
    const child = { parent: this, provider: here };
    const kept = { ...child, retainOnDelete: true };
    const evidence: pulumi.CustomResource[] = [];
    const tags = { ...tagsOf(site), "dr:quarantine": reason.slice(0, 256) };

    if (breach.preserve.includes("snapshots"))
      for (const [database, made] of Object.entries(databases))
        if (made instanceof Database && made.runs && site.activation === "active")
          evidence.push(
            new postgresql.BackupsAutomaticAndOnDemand(
              `${name}-${database}`,
              { resourceGroupName: groupName, serverName: made.serverName, backupName: `${name}-evidence` },
              kept,
            ),
          );

    const account = new storage.StorageAccount(
      `${name}-evidence`,
      {
        ...{ resourceGroupName: groupName, location: place.region, tags, kind: "StorageV2" },
        accountName: NAMES.azureStorageEvidence.name({ plan: site.plan, site: site.name }),
        ...{ sku: { name: "Standard_GZRS" }, minimumTlsVersion: "TLS1_2", enableHttpsTrafficOnly: true },
        ...{ allowBlobPublicAccess: false, allowSharedKeyAccess: false, allowCrossTenantReplication: false },
        encryption: { keySource: "Microsoft.Storage", requireInfrastructureEncryption: true },
        networkRuleSet: { defaultAction: storage.DefaultAction.Deny, bypass: "AzureServices" },
      },
      { ...kept, protect: true },
    );
    const container = new storage.BlobContainer(
      `${name}-evidence`,
      {
        ...{ resourceGroupName: groupName, accountName: account.name, containerName: "evidence" },
        ...{ publicAccess: storage.PublicAccess.None, metadata: { reason } },
      },
      { ...kept, protect: true },
    );
    evidence.push(
      new storage.BlobContainerLegalHold(
        `${name}-hold`,
        {
          ...{ resourceGroupName: groupName, accountName: account.name, containerName: container.name },
          ...{ tags: ["breach"], allowProtectedAppendWritesAll: true }, // more may be added, nothing taken away
        },
        kept,
      ),
    );
    if (breach.preserve.includes("logs"))
      evidence.push(
        new operationalinsights.DataExport(
          `${name}-logs`,
          {
            ...{ resourceGroupName: groupName, workspaceName, dataExportName: "evidence", enable: true },
            ...{ resourceId: account.id, tableNames: LOGS },
          },
          { ...child, dependsOn: [container] },
        ),
      );
    // Whoever took rights in the subscription does not end what is being looked into.
    evidence.push(
      new authorization.ManagementLockByScope(
        `${name}-workspace`,
        { scope: workspaceId, lockName: "quarantine", level: "CanNotDelete", notes: reason.slice(0, 512) },
        kept,
      ),
    );

    for (const [index, group] of CLOSED.entries())
      for (const direction of DIRECTIONS)
        new network.SecurityRule(
          `${name}-${group}-${direction.toLowerCase()}`,
          {
            ...{ resourceGroupName: groupName, networkSecurityGroupName: securityGroups.apply((made) => made[index]!) },
            ...{ securityRuleName: `DenyAll${direction}`, priority: 100, access: "Deny", direction, protocol: "*" },
            ...{
              sourceAddressPrefix: "*",
              sourcePortRange: "*",
              destinationAddressPrefix: "*",
              destinationPortRange: "*",
            },
            description: reason.slice(0, 140),
          },
          { ...child, dependsOn: evidence },
        );
    this.registerOutputs({});
  }
}
