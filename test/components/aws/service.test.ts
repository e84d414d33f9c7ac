import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Service, type ServiceArgs } from "../../../components/aws";
import type { Database, SiteArgs } from "../../../components/contract";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { byName } from "./plan";
import { kept, of, one } from "./seen";
import { ACCOUNT, drSite, founded, siteArgs } from "./site";

type Change = Partial<Omit<ServiceArgs, "site">>;
const args = (site: SiteArgs, change: Change = {}, name = ""): ServiceArgs => ({
  ...{ site: founded(site, name, ["STRIPE_KEY"]), health: "/health", image: "shop/web:1", databases: [], ...change },
});
async function made(site: SiteArgs = siteArgs(), change: Change = {}, preview = false) {
  const { resources, outputs, told } = await record(() => new Service("web", args(site, change)), { preview });
  const whose = "dr:aws:Service web";
  const own = resources.filter(({ parent }) => parent === whose);
  return { own, told, outputs: outputs.find((one) => one.of === whose)?.values };
}
let usual: ReturnType<typeof made> | undefined;
const usually = () => (usual ??= made(siteArgs(), { public: true, secrets: ["STRIPE_KEY"] }));
const service = async (...of: Parameters<typeof made>) => one((await made(...of)).own, "ecs/Service", "web").inputs;
const statements = (inputs: Record<string, unknown>) =>
  (JSON.parse(inputs["policy"] as string) as { Statement: { Action: unknown; Resource: unknown }[] }).Statement;
interface Container {
  readonly image: string;
  readonly secrets: unknown;
  readonly environment: unknown;
  readonly command?: unknown;
}
const containerOf = (inputs: Record<string, unknown>) =>
  (JSON.parse(inputs["containerDefinitions"] as string) as [Container])[0];

describe("aws.Service", function () {
  this.timeout(120_000);

  obeysContract("dr:aws:Service", ["url"], (name, opts) => new Service(name, args(siteArgs(), {}, name), opts));

  it("answers for the site's own name over TLS, and sends everybody there who comes without", async () => {
    const { own, outputs } = await usually();
    assert.deepEqual(outputs, { url: "https://prod.shop.example.com/health" });
    const record = one(own, "route53/Record", "web").inputs;
    assert.deepEqual(
      [record["name"], record["type"], record["zoneId"]],
      ["prod.shop.example.com", "A", "Z0123456789ABC"],
    );
    const secure = one(own, "lb/Listener", "web").inputs;
    assert.deepEqual(
      [secure["protocol"], secure["port"], secure["sslPolicy"], secure["certificateArn"]],
      ["HTTPS", 443, "ELBSecurityPolicy-TLS13-1-2-2021-06", `arn:aws:acm:eu-central-1:${ACCOUNT}:certificate/site`],
    );
    assert.deepEqual(one(own, "lb/Listener", "web-http").inputs["defaultActions"], [
      { type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } },
    ]);
  });

  it("has a name and a certificate of its own below the site's where it is not the public one", async () => {
    const { own, outputs } = await made();
    assert.deepEqual(outputs, { url: "https://web.prod.shop.example.com/health" });
    assert.equal(one(own, "acm/Certificate", "web").inputs["domainName"], "web.prod.shop.example.com");
    assert.equal(
      one(own, "lb/Listener", "web").inputs["certificateArn"],
      `arn:aws:acm:eu-central-1:${ACCOUNT}:certificate/web`,
    );
  });

  it("runs two instances or more at the live site, as many as the plan says on standby", async () => {
    const count = async (...of: Parameters<typeof made>) => (await service(...of))["desiredCount"];
    assert.equal(await count(), 2);
    assert.equal(await count(siteArgs(), { instances: { min: 5, standby: 0 } }), 5);
    assert.equal(await count(drSite()), 0);
    assert.equal(await count(drSite(), { instances: { min: 5, standby: 1 } }), 1);
    assert.equal(await count(drSite({ activation: "active", lost: "prod" }), { instances: { min: 1, standby: 1 } }), 2);
  });

  it("rolls a deployment back that does not become healthy, and counts as live when it is", async () => {
    const { own } = await usually();
    const { inputs, dependsOn } = one(own, "ecs/Service", "web");
    assert.deepEqual(inputs["deploymentCircuitBreaker"], { enable: true, rollback: true });
    assert.deepEqual([inputs["deploymentMinimumHealthyPercent"], inputs["deploymentMaximumPercent"]], [100, 200]);
    assert.equal(inputs["waitForSteadyState"], true);
    assert.ok(dependsOn.includes("aws:lb/listener:Listener web"), "ECS refuses targets that no load balancer uses");
    assert.deepEqual(inputs["networkConfiguration"], {
      subnets: ["site-private-1-id", "site-private-2-id", "site-private-3-id"],
      ...{ securityGroups: ["site-app-id"], assignPublicIp: false },
    });
    assert.equal((await service(drSite()))["waitForSteadyState"], false);
  });

  it("scales between the plan's numbers by CPU and memory, at the live site only", async () => {
    const { own } = await made(siteArgs(), { instances: { min: 3, max: 9, standby: 0, cpu: 70 } });
    const target = one(own, "appautoscaling/Target", "web").inputs;
    assert.deepEqual([target["minCapacity"], target["maxCapacity"]], [3, 9]);
    assert.equal(target["resourceId"], "service/shop-prod/web-0a1b2c3");
    const aims = byName(of(own, "appautoscaling/Policy")).map(({ name, inputs }) => [
      name,
      (inputs["targetTrackingScalingPolicyConfiguration"] as { targetValue: number }).targetValue,
    ]);
    assert.deepEqual(aims, [
      ["web-cpu", 70],
      ["web-memory", 60],
    ]);
    assert.equal(of((await made(drSite())).own, "appautoscaling/Target").length, 0);
  });

  it("says 503 for the failover record's health check on standby, whatever runs there", async () => {
    const { own } = await made(drSite(), { public: true, instances: { min: 2, standby: 2 } });
    const rule = one(own, "lb/ListenerRule", "web-standby").inputs;
    assert.deepEqual(rule["conditions"], [{ pathPattern: { values: ["/health"] } }]);
    assert.deepEqual(rule["actions"], [
      {
        type: "fixed-response",
        fixedResponse: { contentType: "text/plain", messageBody: "standby", statusCode: "503" },
      },
    ]);
    assert.equal(of((await usually()).own, "lb/ListenerRule").length, 0);
  });

  it("protects its load balancer, logs who came, and asks for health", async () => {
    const { own } = await usually();
    const { inputs, dependsOn } = one(own, "lb/LoadBalancer", "web");
    assert.equal(inputs["enableDeletionProtection"], true);
    assert.equal((inputs["accessLogs"] as { enabled: boolean }).enabled, true);
    assert.ok(dependsOn.includes("aws:s3/bucketPolicy:BucketPolicy web-logs"));
    const health = {
      path: "/health",
      matcher: "200",
      interval: 10,
      timeout: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    };
    const group = one(own, "lb/TargetGroup", "web").inputs;
    assert.deepEqual(group["healthCheck"], health);
    // By the plan's rule, which keeps within AWS' 32; and nothing that would replace the group under a name that is taken.
    assert.deepEqual([inputs["name"], group["name"], group["port"]], ["shop-prod-web", "shop-prod-web", 80]);
    for (const part of ["BucketVersioning", "BucketPublicAccessBlock", "BucketServerSideEncryptionConfiguration"])
      assert.equal(one(own, `s3/${part}`, "web-logs").retained, true);
  });

  it("opens the web's two ports to everybody, and its own to the load balancer alone", async () => {
    const { own } = await usually();
    const ingress = byName(of(own, "vpc/SecurityGroupIngressRule")).map(({ name, inputs }) => [
      ...[name, inputs["securityGroupId"], inputs["fromPort"], inputs["toPort"]],
      inputs["cidrIpv4"] ?? inputs["referencedSecurityGroupId"],
    ]);
    assert.deepEqual(ingress, [
      ["web-app", "site-app-id", 8080, 8080, "web-id"],
      ["web-http", "web-id", 80, 80, "0.0.0.0/0"],
      ["web-https", "web-id", 443, 443, "0.0.0.0/0"],
    ]);
  });

  it("keeps the plan's versions of an image that is in the account's own registry, and pulls it from the site's region", async () => {
    const image = `${ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1.2`;
    const { own } = await made(drSite(), { image, imagesKept: 12 });
    const [main] = [containerOf(one(own, "ecs/TaskDefinition", "web").inputs)];
    assert.equal(main.image, `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1.2`);
    const repository = one(own, "ecr/Repository", "web").inputs;
    assert.deepEqual([repository["name"], repository["imageTagMutability"]], ["shop/web", "IMMUTABLE"]);
    const { rules } = JSON.parse(one(own, "ecr/LifecyclePolicy", "web").inputs["policy"] as string) as {
      rules: { selection: { countNumber: number } }[];
    };
    assert.equal(rules[0]?.selection.countNumber, 12);
    const pulls = statements(one(own, "iam/RolePolicy", "web-starter").inputs).flatMap(({ Resource }) => Resource);
    assert.ok(pulls.includes(`arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/shop/web`));
    const other = containerOf(one((await usually()).own, "ecs/TaskDefinition", "web").inputs);
    assert.equal(other.image, "shop/web:1");
    assert.equal(of((await usually()).own, "ecr/Repository").length, 0);
  });

  it("gives secrets and databases by ARN, and never their values", async () => {
    const secretArn = pulumi.output(`arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:shop/prod/orders`);
    const orders = {
      address: pulumi.output("orders.rds"),
      port: pulumi.output(5432),
      secretArn,
    } as unknown as Database;
    const { resources } = await record(() => {
      new Service("web", args(siteArgs(), { databases: [], secrets: ["STRIPE_KEY"], environment: { MODE: "live" } }));
      const stand = Object.assign(new pulumi.ComponentResource("test:Stand", "orders"), orders);
      new Service("admin", args(siteArgs(), { databases: [stand, stand] }, "admin"));
    });
    const web = containerOf(one(resources, "ecs/TaskDefinition", "web").inputs);
    assert.deepEqual(web.environment, [{ name: "MODE", value: "live" }]);
    assert.deepEqual(web.secrets, [
      { name: "STRIPE_KEY", valueFrom: `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:shop/prod/STRIPE_KEY` },
    ]);
    const admin = containerOf(one(resources, "ecs/TaskDefinition", "admin").inputs);
    assert.deepEqual(admin.environment, [
      { name: "DATABASE_HOST", value: "orders.rds" },
      { name: "DATABASE_PORT", value: "5432" },
      { name: "DATABASE_2_HOST", value: "orders.rds" },
      { name: "DATABASE_2_PORT", value: "5432" },
    ]);
    const valueFrom = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:shop/prod/orders`;
    assert.deepEqual(admin.secrets, [
      { name: "DATABASE_SECRET", valueFrom },
      { name: "DATABASE_2_SECRET", valueFrom },
    ]);
  });

  it("keeps its logs and images when the stack is gone", async () => {
    const { own } = await made(siteArgs(), { image: `${ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1` });
    const logs = ["Bucket web-logs [retained] [guarded]"].concat(
      ["Versioning", "PublicAccessBlock", "ServerSideEncryptionConfiguration", "LifecycleConfiguration", "Policy"].map(
        (part) => `Bucket${part} web-logs [retained]`,
      ),
    );
    assert.deepEqual(
      kept(own).toSorted(),
      [
        ...logs.map((line) => `s3/${line}`),
        ...["ecr/Repository web [retained] [guarded]", "ecr/LifecyclePolicy web [retained]"],
        ...["cloudwatch/LogGroup web [retained]", "route53/Record web-proof [retained]"],
      ].sort(),
    );
  });

  for (const preview of [false, true])
    it(`names nothing of a region that is lost${preview ? " (preview)" : ""}`, async () => {
      const { own } = await made(drSite({ activation: "active", lost: "prod" }), { public: true }, preview);
      assert.doesNotMatch(JSON.stringify(own), /eu-central-1|"prod/);
    });

  it("refuses a service without an image, and says that ECS always starts it again", async () => {
    const without = { health: "/health", databases: [] };
    await assert.rejects(
      record(() => new Service("web", { ...without, site: founded(siteArgs()) })),
      {
        message:
          "services.web.image must be said on aws, which runs containers only; got none. Name an image of a registry that both sites reach",
      },
    );
    assert.deepEqual((await made(siteArgs(), { restart: "never" })).told, [
      "warning: services.web.restart: ECS starts an instance again however it ended; got never",
    ]);
  });
});
