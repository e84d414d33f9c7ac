import type { Plan } from "../../plan";
import { NAMES } from "../../plan/platforms";
import type { SiteArgs } from "../contract";
import * as pulumi from "../../provider/pulumi";

/** Where a site is in AWS, by what the plan says: one site knows of the other this way, and never by asking. */
export interface Place {
  readonly site: string;
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  /** First word of its ARNs: `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
}

/** @param name Which of the plan's sites.  @default - this one */
export function placeOf(site: Pick<SiteArgs, "name" | "sites">, name = site.name): Place {
  const said = site.sites[name];
  if (said?.platform !== "aws")
    throw new pulumi.RunError(
      `sites.${name}.platform must be aws, to be reached from ${site.name}; got ${said?.platform}`,
    );
  const { region, account } = said;
  // An ARN holds it, and to look it up would be to ask a region that may be gone.
  if (account === undefined)
    throw new pulumi.RunError(
      `sites.${name}.account must be said on aws: the ARNs of one site are known to the other by it; got none. Add the 12 digits, in quotes`,
    );
  return { site: name, region, account, partition: partitionOf(region) };
}

/** Where the other site is, while there is one to count on. */
export function peerOf(site: SiteArgs): Place | undefined {
  const name = site.all.find((other) => other !== site.name && other !== site.lost);
  if (name === undefined) return undefined;
  const [here, there] = [placeOf(site), placeOf(site, name)];
  // Neither a multi-region key nor a replica of RDS crosses accounts.
  if (here.account !== there.account)
    throw new pulumi.RunError(
      `sites.${name}.account must be that of ${site.name} (${here.account}): keys and replicas do not cross accounts; got ${there.account}`,
    );
  return there;
}

/** The bucket that a site writes, and its copy in the other region: every site knows them by this. */
export const bucketOf = (plan: string, { site, account }: Place) =>
  `${NAMES.awsBucket.name({ plan, site })}-${account}`;
export const bucketCopyOf = (plan: string, { site, account }: Place) =>
  `${NAMES.awsBucketCopy.name({ plan, site })}-${account}`;

/**
 * Options of what a site owns in the other region. It is left out while that region is lost, which `protect` would stop, and
 * stays there; what is there again when the site has returned is adopted by its id.
 */
export const farEnd = (
  site: SiteArgs,
  parent: pulumi.ComponentResource,
  name: string,
): pulumi.CustomResourceOptions => {
  const adopted = site.adopt?.[name];
  return { parent, retainOnDelete: true, ...(adopted === undefined ? {} : { import: adopted }) };
};

/** The name that is always this site's, whichever is live: its role endpoint is asked there, and the failover record points to it. */
export const siteNameOf = (dns: Pick<Plan["dns"], "name">, site: string) => `${site}.${dns.name}`;

/** Every resource is found, selected and billed by these. */
export const tagsOf = ({ plan, name }: Pick<SiteArgs, "plan" | "name">, thing: string) => ({
  Name: `${plan}-${name}-${thing}`,
  "dr:plan": plan,
  "dr:site": name,
});

/** @example arnOf(place, "kms", "alias/shop-prod-data") */
export const arnOf = ({ partition, region, account }: Place, service: string, resource: string) =>
  `arn:${partition}:${service}:${region}:${account}:${resource}`;

const partitionOf = (region: string) =>
  region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
