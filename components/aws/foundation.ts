import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ec2 from "@pulumi/aws/ec2";
import * as ecs from "@pulumi/aws/ecs";
import * as iam from "@pulumi/aws/iam";
import * as secretsmanager from "@pulumi/aws/secretsmanager";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { makeCertificate } from "./certificate";
import { makeKeys, rotationDaysOf } from "./keys";
import { makeNetwork } from "./network";
import { peerOf, placeOf, siteNameOf, tagsOf } from "./place";
import { zonesOf } from "./zones";

export interface FoundationArgs extends contract.FoundationArgs {
  /** Ids of the zones that it spreads over; a change replaces subnets.  @default - three of the region */
  readonly zones?: readonly string[];
}

/** Days that it is kept who spoke to whom. */
const FLOW_LOG_DAYS = 365;
const ROTATION_SECONDS = 90 * 86_400;

/**
 * What a site stands on: its network, keys, secrets, certificate and ECS cluster. It is the same on standby, so that a
 * recovery makes none of it. Keys, secrets and flow logs outlive the stack. The values of secrets are put by a person.
 */
export class Foundation extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  /** For load balancers, one in each zone. */
  readonly publicSubnetIds: pulumi.Output<string[]>;
  readonly privateSubnetIds: pulumi.Output<string[]>;
  /** For services and the agent: they reach databases, endpoints and what they like; nobody reaches them yet. */
  readonly appSecurityGroupId: pulumi.Output<string>;
  /** For databases: only services and the agent reach them. */
  readonly dataSecurityGroupId: pulumi.Output<string>;
  /** The key of data that stays here, logs and topics too. */
  readonly keyArn: pulumi.Output<string>;
  /** The multi-region key of backups, here; and its replica in the other region. */
  readonly backupKeyArn: pulumi.Output<string>;
  readonly farBackupKeyArn: pulumi.Output<string> | undefined;
  /** Of each secret that the plan names. */
  readonly secretArns: Readonly<Record<string, pulumi.Output<string>>>;
  readonly clusterArn: pulumi.Output<string>;
  /** For the failover name and the site's own name; proven. */
  readonly certificateArn: pulumi.Output<string>;
  /** Route 53's id of `dns.zone`: the site's own name is put there. */
  readonly zoneId: string;
  /** The name that is always this site's, such as prod.shop.example.com. */
  readonly siteName: string;

  constructor(name: string, args: FoundationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:Foundation", name, args, opts);
    const { site, dns, secrets, storage } = args;
    const here = placeOf(site);
    const far = peerOf(site);
    const { region } = here;
    const zones = args.zones ?? zonesOf(region);
    const { zoneId } = dns;
    if (zones.length < 2)
      throw new pulumi.ResourceError(
        `\`zones\` must be two or more, for a load balancer and a database need them; got ${zones.join(", ") || "none"}`,
        this,
        true,
      );
    if (zoneId === undefined)
      throw new pulumi.ResourceError(
        `dns.zoneId must be said on aws: Route 53's id of ${dns.zone}, which a person makes once; got none`,
        this,
        true,
      );

    const rotationDays = rotationDaysOf(storage?.keyRotation ?? ROTATION_SECONDS);
    const keys = makeKeys(name, site, { here, far, rotationDays }, this);
    const network = makeNetwork(name, site, here, zones, this);
    const retained = { parent: this, retainOnDelete: true };

    const flows = new cloudwatch.LogGroup(
      `${name}-flows`,
      { region, retentionInDays: FLOW_LOG_DAYS, kmsKeyId: keys.data.arn, tags: tagsOf(site, "flows") },
      retained,
    );
    const writer = new iam.Role(
      `${name}-flows`,
      { assumeRolePolicy: flowLogsMayAssume(here.account), tags: tagsOf(site, "flows") },
      { parent: this },
    );
    new iam.RolePolicy(
      `${name}-flows`,
      { role: writer.id, policy: flows.arn.apply((arn) => mayWriteLogs(arn)) },
      { parent: this },
    );
    new ec2.FlowLog(
      `${name}-flows`,
      {
        ...{ region, vpcId: network.vpc.id, trafficType: "ALL", logDestination: flows.arn, iamRoleArn: writer.arn },
        tags: tagsOf(site, "flows"),
      },
      { parent: this },
    );

    const { farBackups } = keys;
    const secretArns = secrets.map((secret) => {
      const made = new secretsmanager.Secret(
        `${name}-${secret}`,
        {
          ...{ region, name: NAMES.awsSecret.name({ plan: site.plan, site: site.name, secret }) },
          ...{ description: "Its value is put by a person", kmsKeyId: keys.data.arn, recoveryWindowInDays: 30 },
          ...(far && farBackups ? { replicas: [{ region: far.region, kmsKeyId: farBackups.arn }] } : {}),
          tags: tagsOf(site, secret),
        },
        // While the other site is lost its replica is left as it is: to take it away would call that region.
        { ...retained, protect: true, ...(site.lost ? { ignoreChanges: ["replicas"] } : {}) },
      );
      return [secret, made.arn] as const;
    });

    const cluster = new ecs.Cluster(
      name,
      {
        ...{ region, name: NAMES.awsCluster.name({ plan: site.plan, site: site.name }) },
        ...{ settings: [{ name: "containerInsights", value: "enabled" }], tags: tagsOf(site, "cluster") },
      },
      { parent: this },
    );
    const certificateArn = makeCertificate(name, site, here, { ...dns, zoneId }, this);

    this.vpcId = network.vpc.id;
    this.publicSubnetIds = pulumi.all(network.publicSubnetIds);
    this.privateSubnetIds = pulumi.all(network.privateSubnetIds);
    this.appSecurityGroupId = network.app.id;
    this.dataSecurityGroupId = network.data.id;
    this.keyArn = keys.data.arn;
    this.backupKeyArn = keys.backups.arn;
    this.farBackupKeyArn = farBackups?.arn;
    this.secretArns = Object.fromEntries(secretArns);
    this.clusterArn = cluster.arn;
    this.certificateArn = certificateArn;
    this.zoneId = zoneId;
    this.siteName = siteNameOf(dns, site.name);
    const { vpcId, publicSubnetIds, privateSubnetIds, keyArn, backupKeyArn, clusterArn } = this;
    this.registerOutputs({
      ...{ vpcId, publicSubnetIds, privateSubnetIds, keyArn, backupKeyArn, clusterArn, certificateArn, zoneId },
      ...{ appSecurityGroupId: this.appSecurityGroupId, dataSecurityGroupId: this.dataSecurityGroupId },
      ...{ farBackupKeyArn: this.farBackupKeyArn, secretArns: this.secretArns },
    });
  }
}

/** What the site's other components share. */
export function foundationOf(site: contract.SiteArgs): Foundation {
  if (site.foundation instanceof Foundation) return site.foundation;
  throw new pulumi.RunError(
    `\`site.foundation\` must be the aws Foundation of ${site.name}: make it first, and give it to the site's other components`,
  );
}

const flowLogsMayAssume = (account: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        ...{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "vpc-flow-logs.amazonaws.com" } },
        Condition: { StringEquals: { "aws:SourceAccount": account } },
      },
    ],
  });

const mayWriteLogs = (group: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        Resource: `${group}:*`,
      },
    ],
  });
