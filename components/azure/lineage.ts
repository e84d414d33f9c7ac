import { NAMES } from "../../plan/platforms";
import type { DatabaseArgs, SiteArgs } from "../contract";
import { generationsOf } from "../generations";
import { idOf, placeOf, type Place } from "./place";

/** Which of a site's servers this is, and where its data came from. */
export interface Lineage {
  /** As Azure knows it: `shop-prod-orders`, and from the second generation on `shop-prod-orders-g2`. */
  readonly serverName: string;
  readonly generation: number;
  /** It was made as no one's replica: the first site's first. */
  readonly original: boolean;
  /** It was made as a replica of the other site's of today, and not the other way round. */
  readonly follows: boolean;
  /** The other site's: in names only, for that site may be lost. */
  readonly other: Place;
  readonly otherName: string;
  readonly otherId: string;
}

/** Answered by names and numbers alone: nobody is asked. */
export function lineageOf(site: SiteArgs, data: string, generations?: DatabaseArgs["generations"]): Lineage {
  const { of, suffixOf, isBornOf } = generationsOf(site, data, generations);
  const nameOf = (name: string) =>
    `${NAMES.azureDatabase.name({ plan: site.plan, site: name, data })}${suffixOf(name)}`;
  const other = placeOf(site, site.lost ?? site.all.find((name) => name !== site.name)!);
  return {
    ...{ serverName: nameOf(site.name), generation: of(site.name), other, otherName: nameOf(other.site) },
    original: site.all.indexOf(site.name) === 0 && of(site.name) === 1,
    follows: isBornOf(site.name, other.site),
    otherId: idOf(other, "Microsoft.DBforPostgreSQL/flexibleServers", nameOf(other.site)),
  };
}
