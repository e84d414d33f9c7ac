import * as ec2 from "@pulumi/aws/ec2";
import * as vpcs from "@pulumi/aws/vpc";
import type * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { tagsOf, type Place } from "./place";

export const HTTPS = 443;
export const POSTGRESQL = 5432;
const ANYWHERE = "0.0.0.0/0";
/** What a recovery needs of AWS inside its own region: with these it needs no way to the internet. */
const SERVICES = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"];

/**
 * A network over all zones: public subnets for load balancers, private ones for everything else, each zone with a NAT
 * gateway of its own. It stands on standby too: what a recovery needs is there before.
 */
export function makeNetwork(
  name: string,
  site: SiteArgs,
  { region }: Place,
  zones: readonly string[],
  parent: pulumi.ComponentResource,
) {
  const child = { parent };
  const common = (thing: string) => ({ region, tags: tagsOf(site, thing) });
  const cidrs = cidrsOf(site.all.indexOf(site.name), zones.length);

  const vpc = new ec2.Vpc(
    `${name}-vpc`,
    { ...common("vpc"), cidrBlock: cidrs.vpc, enableDnsHostnames: true, enableDnsSupport: true },
    child,
  );
  const vpcId = vpc.id;
  // What nobody gave a group of its own reaches nothing.
  new ec2.DefaultSecurityGroup(`${name}-default`, { ...common("default"), vpcId, ingress: [], egress: [] }, child);
  const gateway = new ec2.InternetGateway(`${name}-internet`, { ...common("internet"), vpcId }, child);
  const publicRoutes = new ec2.RouteTable(`${name}-public`, { ...common("public"), vpcId }, child);
  new ec2.Route(
    `${name}-public`,
    { region, routeTableId: publicRoutes.id, destinationCidrBlock: ANYWHERE, gatewayId: gateway.id },
    child,
  );

  const subnets = zones.map((availabilityZoneId, index) => {
    const nth = index + 1;
    const subnet = (kind: "public" | "private") =>
      new ec2.Subnet(
        `${name}-${kind}-${nth}`,
        { ...common(`${kind}-${nth}`), vpcId, availabilityZoneId, cidrBlock: cidrs[kind][index]! },
        child,
      );
    const [open, closed] = [subnet("public"), subnet("private")];
    const routes = new ec2.RouteTable(`${name}-private-${nth}`, { ...common(`private-${nth}`), vpcId }, child);
    const address = new ec2.Eip(`${name}-nat-${nth}`, { ...common(`nat-${nth}`), domain: "vpc" }, child);
    const nat = new ec2.NatGateway(
      `${name}-nat-${nth}`,
      { ...common(`nat-${nth}`), subnetId: open.id, allocationId: address.allocationId },
      { parent, dependsOn: [gateway] },
    );
    new ec2.Route(
      `${name}-private-${nth}`,
      { region, routeTableId: routes.id, destinationCidrBlock: ANYWHERE, natGatewayId: nat.id },
      child,
    );
    for (const [kind, subnetId, routeTableId] of [
      ["public", open.id, publicRoutes.id],
      ["private", closed.id, routes.id],
    ] as const)
      new ec2.RouteTableAssociation(`${name}-${kind}-${nth}`, { region, subnetId, routeTableId }, child);
    return { open, closed, routes };
  });

  const group = (thing: string, description: string) =>
    new ec2.SecurityGroup(`${name}-${thing}`, { ...common(thing), vpcId, description }, child);
  const app = group("app", "Services and the agent");
  const data = group("data", "Databases");
  const endpoints = group("endpoints", "Endpoints of AWS in this network");
  // A service's own APIs and caches are anywhere; what cuts it off is the quarantine.
  new vpcs.SecurityGroupEgressRule(
    `${name}-app`,
    { ...common("app"), securityGroupId: app.id, ipProtocol: "-1", cidrIpv4: ANYWHERE },
    child,
  );
  for (const [thing, { id }, port] of [
    ["data", data, POSTGRESQL],
    ["endpoints", endpoints, HTTPS],
  ] as const)
    new vpcs.SecurityGroupIngressRule(
      `${name}-${thing}`,
      {
        ...{ ...common(thing), securityGroupId: id, referencedSecurityGroupId: app.id },
        ...{ ipProtocol: "tcp", fromPort: port, toPort: port },
      },
      child,
    );

  const privateSubnetIds = subnets.map(({ closed }) => closed.id);
  const endpoint = (service: string, rest: Partial<ec2.VpcEndpointArgs>) =>
    new ec2.VpcEndpoint(
      `${name}-${service.replace(".", "-")}`,
      { ...common(service), vpcId, serviceName: `com.amazonaws.${region}.${service}`, ...rest },
      child,
    );
  endpoint("s3", { vpcEndpointType: "Gateway", routeTableIds: subnets.map(({ routes }) => routes.id) });
  for (const service of SERVICES)
    endpoint(service, {
      ...{ vpcEndpointType: "Interface", privateDnsEnabled: true },
      ...{ subnetIds: privateSubnetIds, securityGroupIds: [endpoints.id] },
    });

  return { vpc, publicSubnetIds: subnets.map(({ open }) => open.id), privateSubnetIds, app, data };
}

/** Networks of a plan's sites do not overlap, so that they can be joined: the first is 10.20.0.0/16, the next 10.21. */
export function cidrsOf(siteIndex: number, zones: number) {
  const net = `10.${20 + siteIndex}`;
  const each = (cidr: (index: number) => string) => Array.from({ length: zones }, (_, index) => cidr(index));
  return {
    vpc: `${net}.0.0/16`,
    private: each((index) => `${net}.${index * 16}.0/20`),
    public: each((index) => `${net}.${128 + index}.0/24`),
  };
}
