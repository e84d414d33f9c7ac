import * as authorization from "@pulumi/azure-native/authorization";
import * as postgresql from "@pulumi/azure-native/dbforpostgresql";
import * as monitor from "@pulumi/azure-native/monitor";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { backupDays, PARAMETERS, promotes, promotion, roleOfServer, storageGiB } from "./flexible-server";
import { foundationOf } from "./foundation";
import { lineageOf } from "./lineage";
import { recoveryOf } from "./recovery";
import { farEnd, placeOf, subnetOf, tagsOf } from "./place";

export interface DatabaseArgs extends contract.DatabaseArgs {
  /** Its size. Replicas and zone redundancy need General Purpose or Memory Optimized.  @default Standard_D2ds_v5, GeneralPurpose */
  readonly sku?: { readonly name: string; readonly tier: "GeneralPurpose" | "MemoryOptimized" };
  /** Whether the first site's server has a hot standby in another zone of its region.  @default true */
  readonly zoneRedundant?: boolean;
}

/**
 * A PostgreSQL flexible server in the site's own network. The plan's first site has the original, with geo-redundant backups;
 * every other has a replica of it in its own region, and making that site active changes their roles. Without a replica
 * nothing runs on standby, and a lost site is restored from its geo-redundant backups to a moment.
 * Nobody has a password: Entra ID lets the site's identity in. The servers outlive the stack.
 *
 * @example
 * const orders = new Database("orders", { site, bucket, database: "orders", replica: "streaming", failoverName: "app.example.com" });
 */
export class Database extends pulumi.ComponentResource implements contract.Database {
  readonly address: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  /** As Azure says it after this update. */
  readonly role: pulumi.Output<string>;
  /** On standby: the id of this server, with which the other changes roles. */
  readonly demotionToken: pulumi.Output<string | undefined>;
  readonly epoch: pulumi.Output<number | undefined>;
  /** Whether there is a server: without a replica a standby has none. */
  readonly runs: boolean;
  /** Both empty where nothing runs. */
  readonly serverId: pulumi.Output<string>;
  readonly serverName: pulumi.Output<string>;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:azure:Database", name, args, opts);
    const { site, database, demotionToken } = args;
    const { sku = { name: "Standard_D2ds_v5", tier: "GeneralPurpose" }, zoneRedundant = true, version = 17 } = args;
    const { groupName, here, there, identity, privateZoneId, workspaceId, access } = foundationOf(site);
    const place = placeOf(site, site.name);
    const lineage = lineageOf(site, name, args.generations);
    const { serverName: physical, generation, follows, ...source } = lineage;
    const active = site.activation === "active";
    const recovery = recoveryOf(site, name, args, lineage);
    if (typeof recovery === "string") throw new pulumi.ResourceError(recovery, this, true);
    const { origin, moment } = recovery;
    const suffix = generation > 1 ? `-g${generation}` : "";

    const declared = origin !== "restored" || active;
    const promoted = promotes({ activation: site.activation, origin, demotionToken, lost: site.lost });
    const copies = { sourceServerResourceId: source.otherId };
    const common = { resourceGroupName: groupName, location: place.region };
    const server = declared
      ? new postgresql.Server(
          `${name}${suffix}`,
          {
            ...{ ...common, tags: tagsOf(site), serverName: physical },
            ...{
              sku,
              version: String(version),
              storage: { storageSizeGB: storageGiB(args.sizeBytes), autoGrow: "Enabled" },
            },
            network: {
              ...{ delegatedSubnetResourceId: subnetOf(place, site.plan, "data") },
              privateDnsZoneArmResourceId: privateZoneId, // in a network of its own it has no public address
            },
            authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId: identity.tenantId },
            ...(origin === "original"
              ? {
                  ...{
                    createMode: "Default",
                    highAvailability: { mode: zoneRedundant ? "ZoneRedundant" : "Disabled" },
                  },
                  backup: { backupRetentionDays: backupDays(args.keepFulls ?? 7), geoRedundantBackup: "Enabled" },
                }
              : {}),
            ...(origin === "replica" ? { createMode: "Replica", ...copies } : {}),
            ...(origin === "restored"
              ? { createMode: "GeoRestore", ...copies, ...(moment ? { pointInTimeUTC: moment } : {}) }
              : {}),
            ...(promoted.how ? { replica: promotion(promoted.how) } : {}),
          },
          {
            ...{ parent: this, provider: here, retainOnDelete: true, protect: true, dependsOn: [...access] },
            ignoreChanges: [
              // How it was made is past, and to change it is to replace it; a switch of roles changes it at Azure's end.
              ...["createMode", "sourceServerResourceId", "pointInTimeUTC"],
              // Grown by Azure; and moved by it, when a zone fails.
              ...["storage.storageSizeGB", "availabilityZone"],
              // Only at creation (a change would replace the server), and moved with the zone. A replica has neither of its own.
              ...(origin === "original"
                ? ["backup.geoRedundantBackup", "highAvailability.standbyAvailabilityZone"]
                : ["backup", "highAvailability"]),
              ...(promoted.leaveAlone ? ["replica"] : []),
            ],
          },
        )
      : undefined;

    if (server) {
      const serverName = server.name;
      const child = { parent: this, provider: here };
      new authorization.ManagementLockByScope(
        `${name}${suffix}-lock`,
        { scope: server.id, lockName: "data", level: "CanNotDelete", notes: `Data of ${site.plan}` },
        { ...child, retainOnDelete: true },
      );
      new monitor.DiagnosticSetting(
        `${name}${suffix}-logs`,
        {
          ...{
            resourceUri: server.id,
            name: "logs",
            workspaceId,
            metrics: [{ category: "AllMetrics", enabled: true }],
          },
          logs: [{ category: "PostgreSQLLogs", enabled: true }],
        },
        child,
      );
      // A server that is being changed refuses the next change: one after the other.
      let last: pulumi.CustomResource = server;
      const parameters = {
        ...(origin === "original" ? PARAMETERS : {}),
        // What went on standby takes no writes by anyone who does not insist, until roles are changed.
        default_transaction_read_only: active ? "off" : "on",
      };
      for (const [configurationName, value] of Object.entries(parameters))
        last = new postgresql.Configuration(
          `${name}${suffix}-${configurationName.replaceAll(/[._]/g, "-")}`,
          { resourceGroupName: groupName, serverName, configurationName, value, source: "user-override" },
          // Left as it is on a server that a new one takes the place of: else what was fenced would take writes again.
          { ...child, retainOnDelete: true, dependsOn: [last] },
        );
      if (origin === "original" || active) {
        last = new postgresql.AdministratorsMicrosoftEntra(
          `${name}${suffix}-administrator`,
          {
            ...{ resourceGroupName: groupName, serverName, objectId: identity.principalId },
            ...{ principalName: identity.name, principalType: "ServicePrincipal", tenantId: identity.tenantId },
          },
          { ...child, dependsOn: [last] },
        );
      }
      if (origin === "original")
        new postgresql.Database(
          `${name}${suffix}-database`,
          {
            ...{ resourceGroupName: groupName, serverName, databaseName: database },
            ...{ charset: "UTF8", collation: "en_US.utf8" },
          },
          { ...child, retainOnDelete: true, protect: true, dependsOn: [last] },
        );
      if (origin === "replica" && follows && there && site.lost === undefined && (!active || demotionToken))
        new postgresql.VirtualEndpoint(
          `${name}${suffix}-endpoint`,
          {
            // It belongs to the source until roles change; Azure changes roles only between the two that it names.
            ...{ resourceGroupName: source.other.group, serverName: source.otherName, endpointType: "ReadWrite" },
            ...{
              virtualEndpointName: NAMES.azureEndpoint.name({ plan: site.plan, data: name }),
              members: [source.otherName, serverName],
            },
          },
          {
            ...{ ...farEnd(this, site, `${name}${suffix}-endpoint`), provider: there },
            ignoreChanges: ["resourceGroupName", "serverName", "members"], // Azure's, once roles were changed
          },
        );
    }

    this.address = server ? server.fullyQualifiedDomainName : pulumi.output("");
    this.port = pulumi.output(5432);
    this.role = server ? server.replicationRole.apply(roleOfServer) : pulumi.output("none");
    this.demotionToken = server && !active ? server.id : pulumi.output(undefined);
    this.epoch = pulumi.output(undefined);
    this.runs = server !== undefined;
    this.serverName = server ? server.name : pulumi.output("");
    this.serverId = server ? server.id : pulumi.output("");
    const { address, port, role, epoch, serverId } = this;
    this.registerOutputs({ address, port, role, demotionToken: this.demotionToken, epoch, serverId });
  }
}
