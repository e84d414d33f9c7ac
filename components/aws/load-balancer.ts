import * as ec2 from "@pulumi/aws/ec2";
import * as lb from "@pulumi/aws/lb";
import * as s3 from "@pulumi/aws/s3";
import * as vpcs from "@pulumi/aws/vpc";
import { NAMES } from "../../plan/platforms";
import type * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { foundationOf } from "./foundation";
import { policy as policyOf } from "./iam-policy";
import { HTTPS } from "./network";
import { placeOf, tagsOf, type Place } from "./place";

const HTTP = 80;
/** Days that it is kept who asked for what. */
const LOG_DAYS = 365;

/**
 * A load balancer over all zones: TLS 1.2 or newer with a certificate of the site, plain HTTP only to be sent there, and a log
 * of all requests. Whoever it forwards to must answer `health` with 200.
 */
export function makeLoadBalancer(
  name: string,
  site: SiteArgs,
  of: { readonly port: number; readonly health: string; readonly certificateArn: pulumi.Output<string> },
  parent: pulumi.ComponentResource,
) {
  const { port, health, certificateArn } = of;
  const { vpcId, publicSubnetIds, appSecurityGroupId } = foundationOf(site);
  const here = placeOf(site);
  const { region } = here;
  const child = { parent };
  const tags = tagsOf(site, name);
  // Pulumi's own would put 8 characters more into AWS' 32.
  const physical = NAMES.awsTargetGroup.name({ plan: site.plan, site: site.name, service: name });

  const group = new ec2.SecurityGroup(
    name,
    { region, vpcId, description: `The load balancer of ${name}`, tags },
    child,
  );
  for (const [part, open] of [
    ["https", HTTPS],
    ["http", HTTP],
  ] as const)
    new vpcs.SecurityGroupIngressRule(
      `${name}-${part}`,
      {
        ...{ region, securityGroupId: group.id, cidrIpv4: "0.0.0.0/0", tags },
        ...{ ipProtocol: "tcp", fromPort: open, toPort: open },
      },
      child,
    );
  const between = { region, ipProtocol: "tcp", fromPort: port, toPort: port, tags };
  new vpcs.SecurityGroupEgressRule(
    name,
    { ...between, securityGroupId: group.id, referencedSecurityGroupId: appSecurityGroupId },
    child,
  );
  new vpcs.SecurityGroupIngressRule(
    `${name}-app`,
    { ...between, securityGroupId: appSecurityGroupId, referencedSecurityGroupId: group.id },
    child,
  );

  const logs = makeLogs(`${name}-logs`, site, parent);
  const balancer = new lb.LoadBalancer(
    name,
    {
      ...{
        region,
        name: physical,
        loadBalancerType: "application",
        subnets: publicSubnetIds,
        securityGroups: [group.id],
        tags,
      },
      ...{ enableDeletionProtection: true, dropInvalidHeaderFields: true, enableZonalShift: true },
      accessLogs: { bucket: logs.bucket.bucket, enabled: true },
    },
    // AWS tries to write a first line at once.
    { parent, dependsOn: [logs.policy] },
  );
  const targets = new lb.TargetGroup(
    name,
    {
      // ECS says each target's port. This one is for who does not, and another would replace the group, whose name is taken.
      ...{ region, name: physical, port: HTTP, protocol: "HTTP", targetType: "ip", vpcId, tags },
      deregistrationDelay: 30,
      healthCheck: {
        path: health,
        matcher: "200",
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
    },
    child,
  );
  const secure = new lb.Listener(
    name,
    {
      ...{ region, loadBalancerArn: balancer.arn, port: HTTPS, protocol: "HTTPS", certificateArn, tags },
      ...{ sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" },
      defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
    },
    child,
  );
  new lb.Listener(
    `${name}-http`,
    {
      ...{ region, loadBalancerArn: balancer.arn, port: HTTP, protocol: "HTTP", tags },
      defaultActions: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
    },
    child,
  );
  return { balancer, targets, listener: secure };
}

/** The bucket of its log: ELB writes into none that is encrypted by a key of KMS. It outlives the stack. */
function makeLogs(name: string, site: SiteArgs, parent: pulumi.ComponentResource) {
  const { region, partition, account } = placeOf(site);
  const kept = { parent, retainOnDelete: true };
  const bucket = new s3.Bucket(
    name,
    { region, forceDestroy: false, tags: tagsOf(site, name) },
    { ...kept, protect: true },
  );
  const of = { region, bucket: bucket.bucket };
  const versions = new s3.BucketVersioning(name, { ...of, versioningConfiguration: { status: "Enabled" } }, kept);
  const closed = new s3.BucketPublicAccessBlock(
    name,
    { ...of, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    kept,
  );
  new s3.BucketServerSideEncryptionConfiguration(
    name,
    { ...of, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
    kept,
  );
  new s3.BucketLifecycleConfiguration(
    name,
    {
      ...of,
      rules: [
        {
          ...{ id: "old", status: "Enabled", filter: { prefix: "" }, expiration: { days: LOG_DAYS } },
          ...{ noncurrentVersionExpiration: { noncurrentDays: 30 } },
        },
      ],
    },
    { ...kept, dependsOn: [versions] },
  );
  const policy = new s3.BucketPolicy(
    name,
    { ...of, policy: bucket.arn.apply((arn) => bucketLogsPolicy(arn, { partition, account })) },
    { ...kept, dependsOn: [closed] },
  );
  return { bucket, policy };
}

/** Lets ELB write its log into a bucket, below the folder of this account, and nobody come without TLS. */
const bucketLogsPolicy = (bucketArn: string, { partition, account }: Pick<Place, "partition" | "account">) =>
  policyOf(
    {
      ...{ Sid: "Logs", Effect: "Allow", Action: "s3:PutObject" },
      Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
      Resource: `${bucketArn}/AWSLogs/${account}/*`,
      Condition: { ArnLike: { "aws:SourceArn": `arn:${partition}:elasticloadbalancing:*:${account}:loadbalancer/*` } },
    },
    {
      ...{ Sid: "WithoutTls", Effect: "Deny", Principal: "*", Action: "s3:*" },
      Resource: [bucketArn, `${bucketArn}/*`],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  );
