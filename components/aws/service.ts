import * as appautoscaling from "@pulumi/aws/appautoscaling";
import * as ecs from "@pulumi/aws/ecs";
import * as lb from "@pulumi/aws/lb";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { databaseAccess } from "./database-access";
import { foundationOf } from "./foundation";
import { makeHostCertificate, makeHostRecord } from "./host";
import { imageAt, makeRepository } from "./image";
import { makeLoadBalancer } from "./load-balancer";
import { placeOf, tagsOf } from "./place";
import { makeTask } from "./task";

export interface ServiceArgs extends contract.ServiceArgs {
  /** Of each instance, in ECS' units: 1024 are one virtual CPU.  @default 512 */
  readonly cpu?: number;
  /** Of each instance.  @default 1024 */
  readonly memoryMiB?: number;
}

/** One instance less is a deployment, a fault or a zone: two is the least that is not one. */
const FEWEST_LIVE = 2;
const STANDBY_ANSWER = { contentType: "text/plain", messageBody: "standby", statusCode: "503" };

/**
 * A service of ECS on Fargate behind a load balancer of its own, with TLS only. At the live site it runs two instances or more and
 * scales with its load; on standby the plan's `instances.standby`. A deployment that does not become healthy is rolled back.
 *
 * Each name of a site is `<service>.<site>.<failover name>`; the public service also answers for `<site>.<failover name>`, whose
 * health turns the failover record: on standby it says 503, whatever runs behind it.
 *
 * @example
 * const web = new Service("web", { site, health: "/health", image: "registry.example.com/web:1.2", databases: [], public: true });
 */
export class Service extends pulumi.ComponentResource implements contract.Service {
  readonly url: pulumi.Output<string>;
  /** As CloudWatch knows them: what alarms watch. */
  readonly watched: {
    readonly service: pulumi.Output<string>;
    readonly balancer: pulumi.Output<string>;
    readonly targets: pulumi.Output<string>;
  };

  /** What its instances act as, by the part of their names: what a quarantine takes from them. */
  readonly roleNames: Readonly<Record<"starter" | "program", pulumi.Output<string>>>;

  constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:Service", name, args, opts);
    const { site, health, command, image, environment = {}, restart = "always", databases, port = 8080 } = args;
    const { instances, imagesKept = 10, secrets = [], public: isPublic = false, cpu = 512, memoryMiB = 1024 } = args;
    if (image === undefined)
      throw new pulumi.ResourceError(
        `services.${name}.image must be said on aws, which runs containers only; got none. Name an image of a registry that both sites reach`,
        this,
        true,
      );
    if (restart !== "always")
      void pulumi.log.warn(
        `services.${name}.restart: ECS starts an instance again however it ended; got ${restart}`,
        this,
      );

    const { clusterArn, privateSubnetIds, appSecurityGroupId, certificateArn, siteName } = foundationOf(site);
    const here = placeOf(site);
    const { region } = here;
    const active = site.activation === "active";
    const tags = tagsOf(site, name);
    const pulled = imageAt(image, here);
    if (pulled.repository) makeRepository(name, site, { here, repository: pulled.repository, imagesKept }, this);

    const access = databaseAccess(databases);
    const parts = { plan: site.plan, site: site.name, service: name };
    const { definition, roles } = makeTask(
      name,
      site,
      {
        ...{ family: NAMES.awsTask.name(parts), image: pulled, cpu, memory: memoryMiB, port, secrets },
        ...{ environment: { ...access.environment, ...environment }, secretArns: access.secretArns },
        ...(command ? { command } : {}),
      },
      this,
    );

    const host = isPublic ? siteName : `${name}.${siteName}`;
    const { balancer, targets, listener } = makeLoadBalancer(
      name,
      site,
      { port, health, certificateArn: isPublic ? certificateArn : makeHostCertificate(name, site, host, this) },
      this,
    );
    makeHostRecord(name, site, host, balancer, this);
    // The failover record follows this answer: a standby that is warm must not look live.
    if (isPublic && !active)
      new lb.ListenerRule(
        `${name}-standby`,
        {
          ...{ region, listenerArn: listener.arn, priority: 1, tags },
          conditions: [{ pathPattern: { values: [health] } }],
          actions: [{ type: "fixed-response", fixedResponse: STANDBY_ANSWER }],
        },
        { parent: this },
      );

    const fewest = active ? Math.max(FEWEST_LIVE, instances?.min ?? 0) : (instances?.standby ?? 0);
    const service = new ecs.Service(
      name,
      {
        ...{ region, cluster: clusterArn, taskDefinition: definition.arn, launchType: "FARGATE", tags },
        // What autoscaling makes of it stays: an update of ours only says it where the plan or the activation changed.
        desiredCount: fewest,
        ...{
          deploymentMinimumHealthyPercent: 100,
          deploymentMaximumPercent: 200,
          availabilityZoneRebalancing: "ENABLED",
        },
        deploymentCircuitBreaker: { enable: true, rollback: true },
        networkConfiguration: {
          subnets: privateSubnetIds,
          securityGroups: [appSecurityGroupId],
          assignPublicIp: false,
        },
        loadBalancers: [{ targetGroupArn: targets.arn, containerName: "main", containerPort: port }],
        ...{ healthCheckGracePeriodSeconds: 60, propagateTags: "SERVICE", enableEcsManagedTags: true },
        // A site is not live before its instances are healthy.
        waitForSteadyState: active,
      },
      { parent: this, dependsOn: [listener, ...databases] },
    );
    if (active) {
      const most = Math.max(fewest, instances?.max ?? fewest);
      scale(name, { region, cluster: clusterArn, service: service.name, fewest, most, ...instances, tags }, this);
    }

    this.url = pulumi.output(`https://${host}${health}`);
    this.watched = { service: service.name, balancer: balancer.arnSuffix, targets: targets.arnSuffix };
    this.roleNames = { starter: roles[0].name, program: roles[1].name };
    this.registerOutputs({ url: this.url });
  }
}

/** Per cent that autoscaling aims at where the plan says nothing: what one zone less leaves room for. */
const AIM = 60;

interface Scale {
  readonly region: string;
  readonly cluster: pulumi.Output<string>;
  readonly service: pulumi.Output<string>;
  readonly fewest: number;
  readonly most: number;
  readonly cpu?: number | undefined;
  readonly memory?: number | undefined;
  readonly tags: Record<string, string>;
}

/** More instances where CPU or memory ask for it, fewer where both allow it. */
function scale(name: string, of: Scale, parent: pulumi.ComponentResource): void {
  const { region, fewest, most, cpu = AIM, memory = AIM, tags } = of;
  const dimension = { scalableDimension: "ecs:service:DesiredCount", serviceNamespace: "ecs" };
  const target = new appautoscaling.Target(
    name,
    {
      ...{ region, minCapacity: fewest, maxCapacity: most, ...dimension, tags },
      resourceId: pulumi
        .all([of.cluster, of.service])
        .apply(([cluster, service]) => `service/${cluster.split("/").at(-1)}/${service}`),
    },
    { parent },
  );
  for (const [part, metric, targetValue] of [
    ["cpu", "ECSServiceAverageCPUUtilization", cpu],
    ["memory", "ECSServiceAverageMemoryUtilization", memory],
  ] as const)
    new appautoscaling.Policy(
      `${name}-${part}`,
      {
        ...{ region, policyType: "TargetTrackingScaling", resourceId: target.resourceId, ...dimension },
        targetTrackingScalingPolicyConfiguration: {
          ...{ targetValue, scaleInCooldown: 300, scaleOutCooldown: 60 },
          predefinedMetricSpecification: { predefinedMetricType: metric },
        },
      },
      { parent },
    );
}
