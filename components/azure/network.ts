import * as network from "@pulumi/azure-native/network";
import * as privatedns from "@pulumi/azure-native/privatedns";
import type { Provider } from "@pulumi/azure-native/provider";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { addressesOf, farEnd, networkOf, placeOf, tagsOf, type Place } from "./place";

/** What a subnet lets in, beside what Azure's own rules let through. Numbers leave 100 free: a quarantine denies all there. */
interface Rule {
  readonly name: string;
  readonly priority: number;
  readonly access: "Allow" | "Deny";
  readonly from: string | readonly string[];
  readonly ports: readonly string[];
}

/**
 * The site's network: a subnet for services and the agent, and one that only flexible servers are in, each behind its
 * own security group. Only 443 is open to the world, and only services and the other site's servers reach a database.
 */
export function makeNetwork(
  name: string,
  site: SiteArgs,
  { here, far, group }: { here: Place; far: Place | undefined; group: pulumi.Input<string> },
  opts: { readonly parent: pulumi.ComponentResource; readonly provider: Provider },
) {
  const addresses = addressesOf(here);
  const common = { resourceGroupName: group, location: here.region, tags: tagsOf(site) };
  const physical = NAMES.azureSite.name({ plan: site.plan, site: site.name });

  // Rules stand on their own and never in the group: a quarantine adds its own, and a group with rules inside would take them out.
  const secured = (subnet: string, rules: readonly Rule[]) => {
    const made = new network.NetworkSecurityGroup(
      `${name}-${subnet}`,
      { ...common, networkSecurityGroupName: `${physical}-${subnet}` },
      opts,
    );
    for (const { name: rule, priority, access, from, ports } of rules)
      new network.SecurityRule(
        `${name}-${subnet}-${rule}`,
        {
          ...{ resourceGroupName: group, networkSecurityGroupName: made.name, securityRuleName: rule },
          ...{ priority, access, direction: "Inbound", protocol: access === "Deny" ? "*" : "Tcp" },
          ...(typeof from === "string" ? { sourceAddressPrefix: from } : { sourceAddressPrefixes: [...from] }),
          ...{ sourcePortRange: "*", destinationAddressPrefix: "*", destinationPortRanges: [...ports] },
        },
        opts,
      );
    return made;
  };
  const apps = secured("apps", [
    { name: "https", priority: 200, access: "Allow", from: "Internet", ports: ["443"] },
    { name: "probes", priority: 210, access: "Allow", from: "AzureLoadBalancer", ports: ["0-65535"] },
    { name: "inside", priority: 220, access: "Allow", from: addresses.apps, ports: ["0-65535"] },
    { name: "others", priority: 4000, access: "Deny", from: "*", ports: ["0-65535"] },
  ]);
  // The servers of a zone-redundant pair speak among themselves, and a replica with its source at the other site.
  const servers = [addresses.data, ...(far ? [addressesOf(far).data] : [])];
  const data = secured("data", [
    { name: "services", priority: 200, access: "Allow", from: addresses.apps, ports: ["5432", "6432"] },
    { name: "servers", priority: 210, access: "Allow", from: servers, ports: ["0-65535"] },
    { name: "others", priority: 4000, access: "Deny", from: "*", ports: ["0-65535"] },
  ]);

  const delegated = (to: string) => [{ name: "delegated", serviceName: to }];
  const storage = { service: "Microsoft.Storage" };
  const made = new network.VirtualNetwork(
    name,
    {
      ...{ ...common, virtualNetworkName: physical, addressSpace: { addressPrefixes: [addresses.all] } },
      subnets: [
        {
          ...{ name: "apps", addressPrefix: addresses.apps, networkSecurityGroup: { id: apps.id } },
          ...{ delegations: delegated("Microsoft.App/environments") },
          serviceEndpoints: [storage, { service: "Microsoft.KeyVault" }],
        },
        {
          ...{ name: "data", addressPrefix: addresses.data, networkSecurityGroup: { id: data.id } },
          ...{ delegations: delegated("Microsoft.DBforPostgreSQL/flexibleServers") },
          serviceEndpoints: [storage], // servers archive WAL to Azure's storage
        },
      ],
    },
    opts,
  );

  const zone = new privatedns.PrivateZone(
    name,
    {
      ...{ resourceGroupName: group, location: "global", tags: tagsOf(site) },
      privateZoneName: `${physical}.private.postgres.database.azure.com`,
    },
    opts,
  );
  const link = linked(name, zone, { group, to: made.id, as: site.name, tags: tagsOf(site) }, opts);
  return { network: made, apps, data, zone, link };
}

/**
 * Joins the networks of a standby and of its source, both ways: replication between regions goes over them. It is made by
 * whoever is not the plan's first site, for whom the first must be there; and left as it is when that one is lost.
 */
export function joinNetworks(
  name: string,
  site: SiteArgs,
  made: ReturnType<typeof makeNetwork>,
  { group, farGroup }: { group: pulumi.Input<string>; farGroup: string },
  { parent, here, there }: { parent: pulumi.ComponentResource; here: Provider; there: Provider },
) {
  const place = placeOf(site, site.name);
  const farName = site.all.find((other) => other !== site.name && other !== site.lost)!;
  const far = placeOf(site, farName);
  const [nearNetwork, farNetwork] = [networkOf(place, site.plan), networkOf(far, site.plan)];
  const traffic = { allowVirtualNetworkAccess: true, allowForwardedTraffic: false, allowGatewayTransit: false };
  const held = (child: string) => ({ ...farEnd(parent, site, child), dependsOn: [made.network] });
  new network.VirtualNetworkPeering(
    `${name}-peering`,
    {
      ...{ resourceGroupName: group, virtualNetworkName: made.network.name, virtualNetworkPeeringName: farName },
      ...{ remoteVirtualNetwork: { id: farNetwork }, ...traffic },
    },
    { ...held(`${name}-peering`), provider: here },
  );
  new network.VirtualNetworkPeering(
    `${name}-peering-back`,
    {
      ...{ resourceGroupName: farGroup, virtualNetworkName: NAMES.azureSite.name({ plan: site.plan, site: farName }) },
      ...{ virtualNetworkPeeringName: site.name, remoteVirtualNetwork: { id: nearNetwork }, ...traffic },
    },
    { ...held(`${name}-peering-back`), provider: there },
  );
  // The source's servers must find this site's by name.
  linked(
    `${name}-${farName}`,
    made.zone,
    { group, to: farNetwork, as: farName, tags: tagsOf(site) },
    { ...held(`${name}-${farName}`), provider: here },
  );
}

const linked = (
  name: string,
  zone: privatedns.PrivateZone,
  of: { group: pulumi.Input<string>; to: pulumi.Input<string>; as: string; tags: Record<string, string> },
  opts: pulumi.CustomResourceOptions,
) =>
  new privatedns.VirtualNetworkLink(
    name,
    {
      ...{ resourceGroupName: of.group, location: "global", privateZoneName: zone.name, tags: of.tags },
      ...{ virtualNetworkLinkName: of.as, registrationEnabled: false, virtualNetwork: { id: of.to } },
    },
    opts,
  );
