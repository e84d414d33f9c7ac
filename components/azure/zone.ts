import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { placeOf, type Place } from "./place";

/**
 * Where the zone of the failover name lies: in a group of its own that a person makes once, in the subscription of the
 * plan's last site. It must outlive the first site, which is the one that is lost first.
 */
export function zoneOf(
  site: Pick<SiteArgs, "plan" | "all" | "sites">,
): Pick<Place, "subscription" | "group" | "region"> {
  const { subscription, region } = placeOf(site, site.all.at(-1)!);
  return { subscription, region, group: NAMES.azureZoneGroup.name({ plan: site.plan }) };
}

/** A name without its zone, as Azure DNS keeps it. */
export function relativeTo(zone: string, name: string, word = "dns.name"): string {
  if (name.endsWith(`.${zone}`)) return name.slice(0, -zone.length - 1);
  throw new pulumi.RunError(
    `${word} must be a name below ${zone} on azure, such as www.${zone}: its record is a CNAME; got ${name}`,
  );
}

/** Under which name of the zone a site answers, whichever is live: the failover name's first label, and the site's. */
export const siteRecord = (relative: string, site: string) => relative.replace(/^[^.]+/, (label) => `${label}-${site}`);
