import { NAMES } from "../../plan/platforms";
import type { DatabaseArgs, SiteArgs } from "../contract";
import { generationsOf } from "../generations";
import { arnOf, placeOf } from "./place";

/** Which of a site's instances this is, and where its data came from. */
export interface Lineage {
  /** As RDS knows it: `shop-prod-orders`, and from the second generation on `shop-prod-orders-g2`. */
  readonly identifier: string;
  readonly generation: number;
  /** For the name of its resource: "" or "-g2". */
  readonly suffix: string;
  /** It was made as a replica of the other site's: it never gets an engine, a user or a password of its own. */
  readonly bornReplica: boolean;
  /** What it follows while it is on standby; undefined for one that never did, and while the other region is lost. */
  readonly sourceArn: string | undefined;
}

/** Answered by names and numbers alone: nobody is asked. */
export function lineageOf(site: SiteArgs, data: string, generations?: DatabaseArgs["generations"]): Lineage {
  const { of, suffixOf, isBornOf } = generationsOf(site, data, generations);
  const identifierOf = (name: string) =>
    `${NAMES.awsDatabase.name({ plan: site.plan, site: name, data })}${suffixOf(name)}`;

  const other = site.all.find((name) => name !== site.name);
  const bornReplica = other !== undefined && isBornOf(site.name, other);
  const follows = bornReplica && other !== site.lost;
  return {
    ...{ identifier: identifierOf(site.name), generation: of(site.name), suffix: suffixOf(site.name), bornReplica },
    sourceArn: follows ? arnOf(placeOf(site, other), "rds", `db:${identifierOf(other)}`) : undefined,
  };
}
