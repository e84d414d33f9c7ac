import * as app from "@pulumi/azure-native/app";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import * as monitor from "@pulumi/azure-native/monitor";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import { Provider } from "@pulumi/azure-native/provider";
import * as resources from "@pulumi/azure-native/resources";
import type { Plan } from "../../plan";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { joinNetworks, makeNetwork } from "./network";
import { peerOf, placeOf, tagsOf } from "./place";
import { zoneOf } from "./zone";
import { allow, makeVault, rotationDaysOf, type Identity } from "./vault";

export interface FoundationArgs extends contract.FoundationArgs {
  /** Days that logs are kept, where the alerts and an inquiry find them.  @default 90 */
  readonly logDays?: number;
  /** Whether the environment's replicas are spread over zones; false only where the region has none.  @default true */
  readonly zoneRedundant?: boolean;
}

const ROTATION_SECONDS = 90 * 86_400;

/**
 * What a site stands on: its resource group, network, vault, identities, logs and Container Apps environment. It is the
 * same on standby, so that a recovery makes none of it. The group, the vault, the key and the logs outlive the stack.
 */
export class Foundation extends pulumi.ComponentResource {
  readonly groupName: pulumi.Output<string>;
  readonly vaultUri: pulumi.Output<string>;
  readonly environmentId: pulumi.Output<string>;
  readonly workspaceId: pulumi.Output<string>;
  readonly workspaceName: pulumi.Output<string>;
  readonly privateZoneId: pulumi.Output<string>;
  /** Names of the security groups: a quarantine closes them. */
  readonly securityGroups: pulumi.Output<string[]>;
  /** Reaches this site's subscription. */
  readonly here: Provider;
  /** Reaches the other site's subscription, for what is this site's and lies there.  @default - that site is lost */
  readonly there: Provider | undefined;
  /** Who services and the agent are, and who reads the key for the storage. */
  readonly identity: Identity;
  readonly storageIdentity: Identity;
  /** The failover name, and a provider of the subscription that its zone lies in. */
  readonly dns: Plan["dns"];
  readonly commons: Provider;
  /** What services wait for: without it their secrets are not shown to them. */
  readonly access: readonly pulumi.CustomResource[];

  constructor(name: string, args: FoundationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:azure:Foundation", name, args, opts);
    const { site, dns, storage, logDays = 90, zoneRedundant = true } = args;
    const place = placeOf(site, site.name);
    const far = peerOf(site);
    const physical = NAMES.azureSite.name({ plan: site.plan, site: site.name });
    const tags = tagsOf(site);

    const here = new Provider(name, { subscriptionId: place.subscription, location: place.region }, { parent: this });
    const there =
      far && new Provider(`${name}-far`, { subscriptionId: far.subscription, location: far.region }, { parent: this });
    const zone = zoneOf(site);
    const commons = new Provider(
      `${name}-zone`,
      { subscriptionId: zone.subscription, location: zone.region },
      { parent: this },
    );
    const child = { parent: this, provider: here };
    const retained = { ...child, retainOnDelete: true };

    const group = new resources.ResourceGroup(
      name,
      { resourceGroupName: place.group, location: place.region, tags },
      { ...retained, protect: true }, // whoever deletes it deletes all that is in it
    );
    const common = { resourceGroupName: group.name, location: place.region, tags };
    const network = makeNetwork(name, site, { here: place, far, group: group.name }, child);
    if (far && there && place.index > 0)
      joinNetworks(name, site, network, { group: group.name, farGroup: far.group }, { parent: this, here, there });

    const identity = new managedidentity.UserAssignedIdentity(name, { ...common, resourceName: physical }, child);
    const storageIdentity = new managedidentity.UserAssignedIdentity(
      `${name}-storage`,
      { ...common, resourceName: `${physical}-storage` },
      retained, // what the storage opens its key with
    );
    const { vault, key } = makeVault(
      name,
      site,
      {
        ...{ here: place, group: group.name, tenantId: identity.tenantId },
        ...{ subnetIds: [pulumi.interpolate`${network.network.id}/subnets/apps`] },
        rotationDays: rotationDaysOf(storage?.keyRotation ?? ROTATION_SECONDS),
      },
      child,
    );
    const access = [
      allow(
        `${name}-secrets`,
        { place, role: "Key Vault Secrets User", scope: vault.id, who: identity.principalId },
        child,
      ),
      allow(
        `${name}-storage-key`,
        {
          ...{ place, role: "Key Vault Crypto Service Encryption User" },
          // This key only. Its id in the vault's terms: Azure names no other that a role can be given on.
          ...{ scope: pulumi.interpolate`${vault.id}/keys/${key.name}`, who: storageIdentity.principalId },
        },
        retained,
      ),
    ];

    const workspace = new operationalinsights.Workspace(
      name,
      {
        ...{ ...common, workspaceName: physical, sku: { name: "PerGB2018" }, retentionInDays: logDays },
        features: { disableLocalAuth: true },
      },
      retained,
    );
    new monitor.DiagnosticSetting(
      `${name}-vault`,
      {
        ...{ resourceUri: vault.id, name: "audit", workspaceId: workspace.id },
        logs: [{ categoryGroup: "audit", enabled: true }],
      },
      child,
    );
    // Logs go by way of Azure Monitor: to hand the workspace's shared key over would put it in the state.
    const environment = new app.ManagedEnvironment(
      name,
      {
        ...{ ...common, environmentName: physical, zoneRedundant },
        appLogsConfiguration: { destination: "azure-monitor" },
        vnetConfiguration: {
          ...{ internal: false, infrastructureSubnetId: pulumi.interpolate`${network.network.id}/subnets/apps` },
        },
        peerTrafficConfiguration: { encryption: { enabled: true } },
        workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
      },
      child,
    );
    new monitor.DiagnosticSetting(
      `${name}-environment`,
      {
        ...{ resourceUri: environment.id, name: "logs", workspaceId: workspace.id },
        logs: [{ categoryGroup: "allLogs", enabled: true }],
      },
      child,
    );

    this.groupName = group.name;
    this.vaultUri = pulumi.interpolate`https://${vault.name}.vault.azure.net`;
    this.environmentId = environment.id;
    this.workspaceId = workspace.id;
    this.workspaceName = workspace.name;
    this.privateZoneId = network.zone.id;
    this.securityGroups = pulumi.all([network.apps.name, network.data.name]);
    this.here = here;
    this.there = there;
    this.dns = dns;
    this.commons = commons;
    this.identity = identity;
    this.storageIdentity = storageIdentity;
    this.access = [...access, network.link];
    const { groupName, vaultUri, environmentId, workspaceId, privateZoneId, securityGroups } = this;
    this.registerOutputs({ groupName, vaultUri, environmentId, workspaceId, privateZoneId, securityGroups });
  }
}

/** What the site's other components share. */
export function foundationOf(site: contract.SiteArgs): Foundation {
  if (site.foundation instanceof Foundation) return site.foundation;
  throw new pulumi.RunError(
    `\`site.foundation\` must be the azure Foundation of ${site.name}: make it first, and give it to the site's other components`,
  );
}
