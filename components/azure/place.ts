import { createHash } from "node:crypto";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";

/** Where a site is in Azure, by what the plan says: one site knows of the other this way, and never by asking. */
export interface Place {
  readonly site: string;
  readonly region: string;
  /** The subscription's id. */
  readonly subscription: string;
  readonly group: string;
  /** Its place in the plan's order of failover, from 0: its networks are numbered by it. */
  readonly index: number;
}

type Known = Pick<SiteArgs, "plan" | "all" | "sites">;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @param name One of the plan's sites. */
export function placeOf({ plan, all, sites }: Known, name: string): Place {
  const said = sites[name];
  if (said?.platform !== "azure")
    throw new pulumi.RunError(`sites.${name}.platform must be azure; got ${said?.platform}`);
  const { region, subscription, resourceGroup } = said;
  // Ids of resources hold it, and to look it up would be to ask before anything is there.
  if (subscription === undefined || !ID.test(subscription))
    throw new pulumi.RunError(
      `sites.${name}.subscription must be a subscription's id on azure, not its name; got ${subscription ?? "none"}. ` +
        `az account show ${subscription === undefined ? "" : `--subscription ${JSON.stringify(subscription)} `}--query id prints it`,
    );
  return { site: name, region, subscription, group: resourceGroup ?? `${plan}-${name}`, index: all.indexOf(name) };
}

/** Where the other site is, while there is one to count on. */
export function peerOf(site: SiteArgs): Place | undefined {
  const name = site.all.find((other) => other !== site.name && other !== site.lost);
  return name === undefined ? undefined : placeOf(site, name);
}

/** The id of a resource in a site's group, as Azure builds it. */
export const idOf = ({ subscription, group }: Place, type: string, name: string) =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/${type}/${name}`;

/** @param subnet One of the site's network. */
export const subnetOf = (place: Place, plan: string, subnet: "apps" | "data") =>
  `${networkOf(place, plan)}/subnets/${subnet}`;

export const networkOf = (place: Place, plan: string) =>
  idOf(place, "Microsoft.Network/virtualNetworks", NAMES.azureSite.name({ plan, site: place.site }));

/** Addresses of a site's network, which no other site of the plan has: they are joined for replication. */
export const addressesOf = ({ index }: Pick<Place, "index">) => ({
  all: `10.${40 + index}.0.0/16`,
  apps: `10.${40 + index}.0.0/23`,
  data: `10.${40 + index}.2.0/24`,
});

/** Every resource is found, selected and billed by these. */
export const tagsOf = ({ plan, name }: Pick<SiteArgs, "plan" | "name">) => ({ "dr:plan": plan, "dr:site": name });

/** The same GUID for the same words: a role assignment is named by one, and must not be made twice. */
export function guidOf(...words: readonly string[]): string {
  const hex = createHash("sha256").update(words.join("\n")).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Roles that Azure comes with (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles). */
const ROLES = {
  "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  "Storage Account Backup Contributor": "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1",
  "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
  "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
  "PostgreSQL Flexible Server Long Term Retention Backup Role": "c088a766-074b-43ba-90d4-1fb21feae531",
  Reader: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
} as const;
export type RoleName = keyof typeof ROLES;

export const roleOf = ({ subscription }: Place, role: RoleName) =>
  `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${ROLES[role]}`;

/**
 * How a resource of this site that lies at the other is held: it outlives the stack, so that one that was lost is left as it
 * is; what is there again when that site has returned is adopted by its id.
 */
export const farEnd = (parent: pulumi.ComponentResource, site: SiteArgs, name: string) => {
  const adopted = site.adopt?.[name];
  return { parent, retainOnDelete: true, ...(adopted === undefined ? {} : { import: adopted }) };
};
