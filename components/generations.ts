import * as pulumi from "../provider/pulumi";
import type { DatabaseArgs, SiteArgs } from "./contract";

/** Which server of a database each site has, counted from 1: a writer of a cloud never follows again, so failback makes the next one. */
export interface Generations {
  readonly of: (site: string) => number;
  /** For the names of a site's server: "", or "-g2" and so on. */
  readonly suffixOf: (site: string) => string;
  /** Whether a site's server was made as a replica of the other's: the later generation was, and of two equals that of the later site. */
  readonly isBornOf: (site: string, other: string) => boolean;
}

/** @throws RunError for a site that the plan has not, or a number beyond 1 to 99 */
export function generationsOf(
  { all }: Pick<SiteArgs, "all">,
  data: string,
  generations: DatabaseArgs["generations"] = {},
): Generations {
  const isWrong = ([site, number]: [string, number]) =>
    !all.includes(site) || !Number.isInteger(number) || number < 1 || number > 99;
  if (Object.entries(generations).some(isWrong))
    throw new pulumi.RunError(
      `dr:generations.${data} must be a number from 1 to 99 for each of ${all.join(", ")}; got ${JSON.stringify(generations)}`,
    );
  const of = (site: string) => generations[site] ?? 1;
  return {
    of,
    suffixOf: (site) => (of(site) === 1 ? "" : `-g${of(site)}`),
    isBornOf: (site, other) =>
      of(site) > of(other) || (of(site) === of(other) && all.indexOf(site) > all.indexOf(other)),
  };
}
