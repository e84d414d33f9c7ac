import assert from "node:assert/strict";
import { Alerts, Service, type AlertsArgs } from "../../../components/aws";
import type { SiteArgs } from "../../../components/contract";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { bucket, byName, database, planOf } from "./plan";
import { of, one } from "./seen";
import { ACCOUNT, drSite, founded, siteArgs } from "./site";

const { alerts, people } = planOf((plan) => {
  plan["alerts"] = {
    channels: {
      mail: { type: "email", to: ["ops@example.com"] },
      phone: { type: "sms", to: ["+49 170 12345"], gateway: "SMS_GATEWAY" },
      chat: { type: "slack", address: "SLACK_WEBHOOK" },
    },
    severe: ["phone"],
  };
});
const args = (site: SiteArgs, name = "", change: Partial<AlertsArgs> = {}): AlertsArgs => ({
  ...{ site: founded(site, name), alerts, people, bucket, databases: { orders: database }, services: {}, ...change },
});

const CANARY = "https://hooks.example.com/canary-0f3a";
async function made(site: SiteArgs = siteArgs(), change: Partial<AlertsArgs> = {}, preview = false) {
  const { resources, told } = await record(
    () => {
      const all = args(site, "", change);
      const web = { site: all.site, health: "/health", image: "web:1", databases: [], public: true };
      new Alerts("alerts", { ...all, services: { web: new Service("web", web) } });
    },
    { preview },
  );
  return { own: resources.filter(({ parent }) => parent === "dr:aws:Alerts alerts"), told };
}
let usual: ReturnType<typeof made> | undefined;
const usually = () => (usual ??= made());
// Registered as their values come in: in no order of ours.
const alarmsOf = (own: Parameters<typeof of>[0]) =>
  of(own, "cloudwatch/MetricAlarm")
    .map(({ name }) => name)
    .sort();
const topic = (channels: string) => `arn:aws:sns:eu-central-1:${ACCOUNT}:alerts-${channels}-0a1b2c3`;

describe("aws.Alerts", function () {
  this.timeout(120_000);

  obeysContract("dr:aws:Alerts", [], (name, opts) => new Alerts(name, args(siteArgs(), name), opts));

  it("watches the live site's database, service, backups and copies", async () => {
    const { own } = await usually();
    assert.deepEqual(alarmsOf(own), [
      ...["alerts-arrivals-oneCopyOnly", "alerts-backups-backupAge", "alerts-backups-backupFailed"],
      "alerts-copies-oneCopyOnly",
      ...["alerts-orders-cpu", "alerts-orders-databaseDown"],
      ...["alerts-web-cpu", "alerts-web-errorRate", "alerts-web-memory", "alerts-web-serviceDown"],
    ]);
    assert.equal(of(own, "cloudwatch/EventRule").length, 5);
  });

  it("watches the replica and what arrives of the other's backups on standby, and nothing that does not run there", async () => {
    const { own } = await made(drSite());
    assert.deepEqual(alarmsOf(own), [
      "alerts-arrivals-oneCopyOnly",
      ...["alerts-orders-cpu", "alerts-orders-databaseDown", "alerts-orders-replicationLag"],
    ]);
    assert.equal(of(own, "cloudwatch/EventRule").length, 0);
  });

  for (const preview of [false, true])
    it(`takes a vault that says nothing for one without a new backup${preview ? " (preview)" : ""}`, async () => {
      const { own } = preview ? await made(siteArgs(), {}, true) : await usually();
      const {
        alarmActions,
        okActions,
        tags: _,
        ...inputs
      } = one(own, "cloudwatch/MetricAlarm", "alerts-backups-backupAge").inputs;
      assert.deepEqual(alarmActions, okActions);
      if (!preview) assert.deepEqual(alarmActions, [topic("chat-mail-phone")]);
      assert.deepEqual(inputs, {
        ...{
          region: "eu-central-1",
          namespace: "AWS/Backup",
          metricName: "NumberOfBackupJobsCompleted",
          statistic: "Sum",
        },
        ...{ dimensions: { BackupVaultName: "shop-prod" }, period: 3600, evaluationPeriods: 26, datapointsToAlarm: 26 },
        ...{ comparisonOperator: "LessThanThreshold", threshold: 1, treatMissingData: "breaching" },
        alarmDescription: "[P1] shop at prod, backups: No backup was completed for 26 h",
      });
    });

  it("finds a service by what its load balancer and cluster call it", async () => {
    const { own } = await usually();
    const down = one(own, "cloudwatch/MetricAlarm", "alerts-web-serviceDown").inputs;
    assert.deepEqual(down["dimensions"], {
      LoadBalancer: "app/shop-prod-web/50dc6c495c0c9188",
      TargetGroup: "targetgroup/shop-prod-web/6d0ecf831eec9f09",
    });
    const cpu = one(own, "cloudwatch/MetricAlarm", "alerts-web-cpu").inputs;
    assert.deepEqual(cpu["dimensions"], { ClusterName: "shop-prod", ServiceName: "web-0a1b2c3" });
  });

  it("watches a copy in the region where S3 tells the number: what failed at its source, what waits at its destination", async () => {
    const { own } = await usually();
    const seen = (part: string) => {
      const { inputs } = one(own, "cloudwatch/MetricAlarm", `alerts-${part}-oneCopyOnly`);
      return [inputs["region"], inputs["metricName"], inputs["dimensions"]];
    };
    const copyOf = (site: string) => ({
      SourceBucket: `shop-${site}-backups-${ACCOUNT}`,
      ...{ DestinationBucket: `shop-${site}-backups-copy-${ACCOUNT}`, RuleId: "all" },
    });
    assert.deepEqual(seen("copies"), ["eu-central-1", "OperationsFailedReplication", copyOf("prod")]);
    assert.deepEqual(seen("arrivals"), ["eu-central-1", "OperationsPendingReplication", copyOf("dr")]);
    const { own: alone } = await made(siteArgs({ lost: "dr" }));
    assert.deepEqual(
      alarmsOf(alone).filter((name) => name.endsWith("oneCopyOnly")),
      [],
    );
  });

  it("tells each rule's audience by a topic of its own, encrypted and closed", async () => {
    const { own } = await usually();
    const topics = byName(of(own, "sns/Topic")).map(({ name, inputs }) => [name, inputs["kmsMasterKeyId"]]);
    const key = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-data`;
    assert.deepEqual(topics, [
      ["alerts-chat-mail", key],
      ["alerts-chat-mail-phone", key],
    ]);
    const told = byName(of(own, "sns/TopicSubscription")).map(
      ({ inputs }) => `${String(inputs["topic"])} ${String(inputs["protocol"])} ${String(inputs["endpoint"])}`,
    );
    assert.deepEqual(told, [
      `${topic("chat-mail")} email ops@example.com`,
      `${topic("chat-mail-phone")} email ops@example.com`,
      `${topic("chat-mail-phone")} sms +4917012345`,
    ]);
    const { policy } = one(own, "sns/TopicPolicy", "alerts-chat-mail").inputs;
    const { Statement } = JSON.parse(policy as string) as { Statement: { Effect: string; Principal: unknown }[] };
    assert.deepEqual(
      Statement.map(({ Effect, Principal }) => [Effect, Principal]),
      [
        ["Allow", { Service: "cloudwatch.amazonaws.com" }],
        ["Allow", { Service: "events.amazonaws.com" }],
        ["Deny", "*"],
      ],
    );
  });

  it("says which channels SNS cannot reach, and takes their web address as a secret", async () => {
    assert.deepEqual((await usually()).told, [
      "warning: alerts.channels chat: SNS cannot read the secret that holds their address, so that CloudWatch's alarms do not reach them; the agent's do. Give their web address by `webhooks`, or add a channel of type email or sms",
    ]);
    const { own, told } = await made(siteArgs(), { webhooks: { chat: CANARY } });
    assert.deepEqual(told, []);
    const subscription = one(own, "sns/TopicSubscription", "alerts-chat-mail-chat-webhook").inputs;
    assert.equal(subscription["protocol"], "https");
    const SECRET = "1b47061264138c4ac30d75fd1eb44270"; // as the engine is told what to encrypt
    assert.ok(Object.values(subscription["endpoint"] as object).includes(SECRET), "it is marked as a secret");
    const others = own.filter(({ name }) => !name.endsWith("-webhook"));
    assert.ok(!JSON.stringify(others).includes(CANARY));
  });

  it("names nothing of a region that is lost", async () => {
    const { own } = await made(drSite({ activation: "active", lost: "prod" }));
    assert.doesNotMatch(JSON.stringify(own), /eu-central-1|shop-prod/);
    assert.ok(!of(own, "cloudwatch/MetricAlarm").some(({ name }) => name.includes("copies")));
  });
});
