import {
  at,
  each,
  EXEMPT,
  got,
  is,
  isSet,
  listOf,
  ofType,
  refersTo,
  UNKNOWN,
  without,
  type Resource,
  type Rule,
} from "./rule";
import { AWS, AZURE } from "./types";

const BLOCKS = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

/** Nobody reaches data from the internet. */
export const publicAccess: Rule<{ exempt: readonly string[]; ports: readonly number[] }> = {
  name: "public-access",
  description: "Storage and databases cannot be reached from the internet.",
  settings: { exempt: EXEMPT, ports: "Ports that a security group may open to everybody." },
  defaults: { exempt: [], ports: [80, 443] },
  violations: (resources, { exempt, ports }) => [
    ...each(without(exempt, ofType(resources, AWS.bucket)), (bucket) => {
      const block = ofType(resources, AWS.bucketPublicAccess).find((one) => refersTo(one, "bucket", bucket))?.props;
      const open = BLOCKS.filter((key) => !is(at(block, key), true));
      return open.length === 0
        ? undefined
        : `${bucket.name} must refuse all public access; got ${open.join(", ")} not set. Add a BucketPublicAccessBlock with all four`;
    }),
    ...each(without(exempt, ofType(resources, AWS.database)), ({ name, props }) =>
      props["publiclyAccessible"] === true
        ? `${name} must have no public address; got publiclyAccessible: true. Set it to false`
        : undefined,
    ),
    ...each(without(exempt, ofType(resources, AWS.ingress, AWS.securityGroup)), (group) => {
      const port = openPort(group, ports);
      return port === undefined
        ? undefined
        : `${group.name} must open no port but ${ports.join(", ")} to everybody; got ${port}. Name who may come`;
    }),
    ...each(without(exempt, ofType(resources, AZURE.account)), ({ name, props }) =>
      is(props["allowBlobPublicAccess"], false)
        ? undefined
        : `${name} must refuse public access to blobs; got allowBlobPublicAccess: ${got(props["allowBlobPublicAccess"])}. Set it to false`,
    ),
    ...each(without(exempt, ofType(resources, AZURE.server)), ({ name, props }) => {
      const access = at(props, "network", "publicNetworkAccess");
      return is(access, "Disabled") || isSet(at(props, "network", "delegatedSubnetResourceId"))
        ? undefined
        : `${name} must have no public address; got ${got(access)}. Set network.publicNetworkAccess: "Disabled", or give it a subnet`;
    }),
  ],
};

/** A port that it opens to everybody and may not. */
function openPort({ type, props }: Resource, allowed: readonly number[]): string | undefined {
  const rules = type === AWS.ingress ? [props] : (listOf(props["ingress"]) ?? []);
  for (const rule of rules) {
    const from = [
      at(rule, "cidrIpv4"),
      at(rule, "cidrIpv6"),
      ...["cidrBlocks", "ipv6CidrBlocks"].flatMap((key) => listOf(at(rule, key)) ?? []),
    ];
    if (!from.includes("0.0.0.0/0") && !from.includes("::/0")) continue;
    const [first, last] = [at(rule, "fromPort"), at(rule, "toPort")];
    if (first === UNKNOWN || (first === last && allowed.includes(first as number))) continue;
    return isSet(first) ? `${got(first)} to ${got(last)}` : "all";
  }
  return undefined;
}
