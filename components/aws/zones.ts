import * as pulumi from "../../provider/pulumi";

// What a zone is called by letter differs between accounts; its id does not, and needs no lookup.
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
const DIRECTIONS: Readonly<Record<string, string>> = {
  ...{ north: "n", northeast: "ne", northwest: "nw", east: "e", south: "s", southeast: "se", southwest: "sw" },
  ...{ west: "w", central: "c" },
};

/** Regions where the first three are not all there, or one is closed to new accounts. */
const NUMBERS: Readonly<Record<string, readonly number[]>> = {
  ...{ "us-east-1": [1, 2, 4], "us-west-1": [1, 3], "ca-central-1": [1, 2, 4], "ap-northeast-1": [1, 2, 4] },
};

/**
 * Ids of a region's zones, three where it has them.
 *
 * @example zonesOf("eu-central-1") // ["euc1-az1", "euc1-az2", "euc1-az3"]
 */
export function zonesOf(region: string): readonly string[] {
  const [, place, direction, number] = /^([a-z]{2}(?:-gov)?)-([a-z]+)-(\d)$/.exec(region) ?? [];
  const short = direction === undefined ? undefined : DIRECTIONS[direction];
  if (!place || !short) throw new pulumi.RunError(`region must be one of AWS, such as eu-central-1; got ${region}`);
  return (NUMBERS[region] ?? [1, 2, 3]).map((zone) => `${place.replace("-gov", "g")}${short}${number}-az${zone}`);
}
