import * as arcregionswitch from "@pulumi/aws/arcregionswitch";
import * as iam from "@pulumi/aws/iam";
import type { Plan } from "../../plan";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import { allow, mayBeTakenBy, policy } from "./iam-policy";
import { placeOf, siteNameOf } from "./place";

/** What the plan of ARC Region switch is made of. */
export interface RegionSwitchArgs {
  readonly plan: string;
  readonly places: Plan["sites"];
  /** Both sites, in the order of the plan: the first one's region is ARC's primary, whichever is live. */
  readonly sites: readonly string[];
  /** The site of the primary record; the other one is of the secondary. */
  readonly liveSite: string;
  readonly zoneId: string;
  /** The record that is turned. */
  readonly name: string;
  /** Path by which a site's role is asked. */
  readonly health: string;
  /** @default - ARC is told none */
  readonly rtoSeconds: number | undefined;
}

/** A health check that ARC gives for a region, as {@link arcregionswitch.getRoute53HealthChecksOutput} tells of it. */
export interface Check {
  readonly healthCheckId: string;
  readonly recordName: string;
  readonly region: string;
  readonly status: string;
}

/** How long ARC waits for an approval, unless the RTO is longer. */
const APPROVAL_MINUTES = 60;
/** How long ARC waits for the state of its two health checks. */
const TURN_MINUTES = 5;
/** The most that ARC takes as a recovery time objective: seven days. */
const MOST_MINUTES = 7 * 24 * 60;

/**
 * A plan of ARC Region switch for the failover name: an approval for each region, then the turn. Answers the health checks that ARC
 * gives for it, by site, which are told by ARC's control plane alone: a lookup. It is protected, for a new plan begins with the first
 * site as the healthy one, whichever is live.
 *
 * @see https://docs.aws.amazon.com/r53recovery/latest/dg/route53-health-check-block.html
 */
export function makeRegionSwitch(
  name: string,
  { plan, places, sites, liveSite, zoneId, name: failoverName, health, rtoSeconds }: RegionSwitchArgs,
  parent: pulumi.ComponentResource,
): (site: string) => pulumi.Output<string> {
  if (sites.length !== 2)
    throw new pulumi.ResourceError(
      `failover.regionSwitch must have two sites: a plan of ARC Region switch has two regions; got ${sites.length} (${sites.join(", ")})`,
      parent,
      true,
    );
  const at = sites.map((site) => placeOf({ name: sites[0]!, sites: places }, site));
  const regionOf = (site: string) => at[sites.indexOf(site)]!.region;
  const { partition, account } = at[0]!;
  const switchName = NAMES.awsRegionSwitch.name({ plan });
  const planArn = `arn:${partition}:arc-region-switch::${account}:plan/${switchName}:*`; // ARC ends it with six characters
  const tags = { Name: `${plan}-switch`, "dr:plan": plan };
  const child = { parent };

  const approver = new iam.Role(
    `${name}-approver`,
    {
      assumeRolePolicy: policy({
        ...{ Effect: "Allow", Action: "sts:AssumeRole" },
        Principal: { AWS: `arn:${partition}:iam::${account}:root` },
        Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } },
      }),
      tags: { ...tags, Name: `${plan}-approver` },
    },
    child,
  );
  new iam.RolePolicy(
    `${name}-approver`,
    {
      role: approver.id,
      policy: policy(
        allow(
          [
            "arc-region-switch:ApprovePlanExecutionStep",
            "arc-region-switch:GetPlanExecution",
            "arc-region-switch:ListPlanExecutions",
          ],
          planArn,
        ),
      ),
    },
    child,
  );
  const executor = new iam.Role(
    `${name}-switch`,
    { assumeRolePolicy: mayBeTakenBy("arc-region-switch.amazonaws.com"), tags },
    child,
  );
  // Neither of the two steps takes it: ARC evaluates the plan by it, several times an hour.
  new iam.RolePolicy(
    `${name}-switch`,
    {
      role: executor.id,
      policy: pulumi
        .all([executor.arn, approver.arn])
        .apply((roles) =>
          policy(
            allow("iam:SimulatePrincipalPolicy", roles),
            allow(
              [
                "arc-region-switch:GetPlan",
                "arc-region-switch:GetPlanExecution",
                "arc-region-switch:ListPlanExecutions",
              ],
              planArn,
            ),
            allow("route53:ListResourceRecordSets", `arn:${partition}:route53:::hostedzone/${zoneId}`),
          ),
        ),
    },
    child,
  );

  const rtoMinutes = rtoSeconds === undefined ? undefined : minutesOf(rtoSeconds);
  const recordSets = [liveSite, ...sites.filter((site) => site !== liveSite)].map((site, index) => ({
    recordSetIdentifier: index === 0 ? "primary" : "secondary",
    region: regionOf(site),
  }));
  const made = new arcregionswitch.Plan(
    `${name}-switch`,
    {
      ...{ name: switchName, description: `Turns ${failoverName} to the other region.` },
      ...{ recoveryApproach: "activePassive", regions: sites.map(regionOf), primaryRegion: regionOf(sites[0]!) },
      ...(rtoMinutes === undefined ? {} : { recoveryTimeObjectiveMinutes: rtoMinutes }),
      ...{ executionRole: executor.arn, tags },
      workflows: sites.map((site) => ({
        ...{ workflowTargetAction: "activate", workflowTargetRegion: regionOf(site) },
        workflowDescription: `${site} takes over`,
        steps: [
          {
            ...{ name: "approve", executionBlockType: "ManualApproval" },
            description: `Is ${site} promoted and the other site fenced? https://${siteNameOf({ name: failoverName }, site)}${health} must say 200. ARC sees neither.`,
            executionApprovalConfigs: [
              { approvalRole: approver.arn, timeoutMinutes: Math.max(APPROVAL_MINUTES, rtoMinutes ?? 0) },
            ],
          },
          {
            ...{ name: "turn", executionBlockType: "Route53HealthCheck" },
            description: `Turns ${failoverName} to ${site}.`,
            route53HealthCheckConfigs: [
              { hostedZoneId: zoneId, recordName: failoverName, recordSets, timeoutMinutes: TURN_MINUTES },
            ],
          },
        ],
      })),
    },
    { parent, protect: true },
  );

  // One refusal for all records, so that it is told once.
  const checks = arcregionswitch
    .getRoute53HealthChecksOutput({ planArn: made.arn }, { parent })
    .healthChecks.apply((found) => {
      const fault = faultOf(found, { name: failoverName, sites, liveSite, regionOf });
      // No stack: Pulumi's host colours it before it tells the message, which took Node a minute and a half.
      if (fault) throw Object.assign(new pulumi.ResourceError(fault, parent, true), { stack: "" });
      return found;
    });
  return (site) => checks.apply((found) => checkOf(found, failoverName, regionOf(site))!.healthCheckId);
}

/** Whole minutes that are no more than so many seconds: a promise is not rounded up. From 1 to seven days, as ARC takes it. */
export const minutesOf = (seconds: number) => Math.min(MOST_MINUTES, Math.max(1, Math.floor(seconds / 60)));

/** ARC promises no order of its health checks: each says its region. */
const checkOf = (checks: readonly Check[], name: string, region: string) =>
  checks.find((check) => check.recordName.replace(/\.$/, "") === name && check.region === region);

/** Why the records must not take these health checks: one is missing, or ARC answers with the site that is not live. */
export function faultOf(
  checks: readonly Check[],
  {
    name,
    sites,
    liveSite,
    regionOf,
  }: Pick<RegionSwitchArgs, "name" | "sites" | "liveSite"> & { readonly regionOf: (site: string) => string },
): string | undefined {
  const missing = sites.map(regionOf).find((region) => checkOf(checks, name, region) === undefined);
  if (missing !== undefined)
    return `ARC Region switch must have a health check of ${name} for ${missing}; got none. It is making them: run \`pulumi up\` again`;
  if (checkOf(checks, name, regionOf(liveSite))!.status !== "unhealthy") return undefined;
  const other = sites.find((site) => site !== liveSite)!;
  return `dr:liveSite must be the site that ARC Region switch answers with, ${other}; got ${liveSite}, whose health check it holds unhealthy. Say ${other}, or first execute ARC's plan with --target-region ${regionOf(liveSite)}`;
}
