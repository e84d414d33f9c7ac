import assert from "node:assert/strict";
import { Alerts, Database, Service } from "../../../components/azure";
import { backupAgeQuery, channelsOf, phoneOf, windowOf } from "../../../components/azure/alert-rules";
import type { BackupBucket, SiteArgs } from "../../../components/contract";
import { parsePlan } from "../../../plan";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { drSite, founded, one, recordOnce, siteArgs } from "./site";

const WEBHOOK = "SLACK_WEBHOOK";
const { alerts, people, data } = parsePlan(`
name: shop
sites: { prod: { platform: local }, dr: { platform: local } }
objectives: { full: { rto: 4h, rpo: 24h } }
data: { orders: { engine: redis, class: full, backup: { full: "0 2 * * *" } } }
dns: { zone: example.com, name: www.example.com }
alerts:
  channels:
    mail: { type: email, to: [ops@example.com] }
    sms: { type: sms, to: ["+1-555-0001"], gateway: SMS_GATEWAY }
    chat: { type: slack, address: ${WEBHOOK} }
  severe: [sms]
rehearsal: true
`);
const bucket = {} as BackupBucket;
function all(site: SiteArgs, change: Partial<ConstructorParameters<typeof Alerts>[1]> = {}) {
  const orders = new Database("orders", {
    site,
    bucket,
    database: "orders",
    replica: "streaming",
    failoverName: "www.example.com",
  });
  const web = new Service("web", { site, health: "/", image: "web:1", databases: [] });
  return new Alerts("alerts", {
    ...{
      site,
      alerts,
      people,
      bucket,
      databases: { orders },
      services: { web },
      sources: [{ name: "sessions", entry: data.orders! }],
      ...change,
    },
  });
}
const once = recordOnce();
const made = (site: SiteArgs = siteArgs()) => once(site, () => record(() => all(founded(site))));

describe("azure.Alerts", function () {
  this.timeout(600_000);
  obeysContract("dr:azure:Alerts", [], (name, opts) => {
    const nothing = { alerts, people, bucket, databases: {}, services: {} };
    return new Alerts(name, { ...nothing, site: founded(siteArgs()) }, opts);
  });

  it("tells by e-mail, by SMS only of what is severe, and leaves secret addresses to the agent", async () => {
    const { resources, told } = await made();
    const groups = resources.filter(({ type }) => type.endsWith(":ActionGroup"));
    assert.deepEqual(groups.map(({ name }) => name).sort(), ["alerts-mail", "alerts-mail-sms"]);
    assert.deepEqual(one(resources, "monitor:ActionGroup", "alerts-mail-sms").inputs, {
      ...{ resourceGroupName: "shop-prod", tags: { "dr:plan": "shop", "dr:site": "prod" }, location: "global" },
      ...{ actionGroupName: "shop-prod-mail-sms", enabled: true, groupShortName: "shop" },
      emailReceivers: [{ name: "mail-1", emailAddress: "ops@example.com", useCommonAlertSchema: true }],
      smsReceivers: [{ name: "sms-1", countryCode: "1", phoneNumber: "5550001" }],
    });
    assert.deepEqual(told, ["info: alerts.channels: chat are told by the agent: their address is a secret"]);
    assert.equal(
      JSON.stringify(
        resources.filter(({ type }) => type.startsWith("azure-native")).map(({ inputs }) => inputs),
      ).includes(WEBHOOK),
      false,
    );
  });

  it("asks for exactly this alert", async () =>
    assert.deepEqual(one((await made()).resources, "monitor:MetricAlert", "alerts-orders-disk").inputs, {
      ...{ resourceGroupName: "shop-prod", tags: { "dr:plan": "shop", "dr:site": "prod" }, location: "global" },
      ...{ ruleName: "orders-disk", scopes: ["orders-id"], enabled: true, autoMitigate: true, severity: 2 },
      ...{ description: "shop at prod: disk of orders", windowSize: "PT1H", evaluationFrequency: "PT5M" },
      criteria: {
        odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        allOf: [
          {
            ...{ name: "disk", criterionType: "StaticThresholdCriterion", metricName: "storage_percent" },
            ...{ metricNamespace: "Microsoft.DBforPostgreSQL/flexibleServers", operator: "GreaterThan", threshold: 85 },
            timeAggregation: "Average",
          },
        ],
      },
      actions: [{ actionGroupId: "alerts-mail-id" }],
    }));

  it("watches the replica's lag on standby, and services where they run", async () => {
    const rulesAt = async (site: SiteArgs) =>
      (await made(site)).resources
        .filter(({ type }) => type.endsWith(":MetricAlert"))
        .map(({ inputs }) => inputs.ruleName)
        .sort();
    const database = ["orders-cpu", "orders-databaseDown", "orders-disk", "orders-memory"];
    assert.deepEqual(await rulesAt(siteArgs()), [...database, "web-cpu", "web-memory", "web-serviceDown"]);
    assert.deepEqual(await rulesAt(drSite()), [...database, "orders-replicationLag"]);
  });

  it("rings when no verified backup is younger than the plan allows", async () => {
    const { inputs } = one((await made()).resources, "monitor:ScheduledQueryRule", "alerts-sessions-backupAge");
    assert.deepEqual(inputs.criteria, {
      allOf: [
        {
          ...{
            query: backupAgeQuery("sessions", 26 * 3600),
            timeAggregation: "Count",
            operator: "LessThan",
            threshold: 1,
          },
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
        },
      ],
    });
    assert.equal(
      backupAgeQuery("sessions", 26 * 3600),
      'ContainerAppConsoleLogs\n| where TimeGenerated > ago(1560m)\n| where Log has "backup-verified" and Log has "\\"source\\":\\"sessions\\""',
    );
  });

  it("refuses an age that Azure cannot look back to", () => {
    const backupAge = { ...alerts.rules.backupAge, above: 3 * 86_400 };
    const change = { alerts: { ...alerts, rules: { ...alerts.rules, backupAge } } };
    return assert.rejects(
      record(() => all(founded(siteArgs()), change)),
      {
        message:
          "alerts.rules.backupAge.above must be 2 days or less on azure, whose log alerts look no further back; got 259200 s",
      },
    );
  });
});

describe("azure: rules of alerts", () => {
  for (const [seconds, windowSize, evaluationFrequency] of [
    [0, "PT1M", "PT1M"],
    [300, "PT5M", "PT1M"],
    [301, "PT15M", "PT5M"],
    [3600, "PT1H", "PT5M"],
    [90_000, "P1D", "PT1H"],
  ] as const)
    it(`looks at ${windowSize} for what must last ${seconds} s`, () =>
      assert.deepEqual(windowOf(seconds), { windowSize, evaluationFrequency }));

  it("tells the channels that a rule names, whatever its severity", () => {
    const rules = { ...alerts.rules, cpu: { ...alerts.rules.cpu, channels: ["sms"] } };
    assert.deepEqual(channelsOf({ ...alerts, rules }, "cpu"), ["sms"]);
    assert.deepEqual(channelsOf(alerts, "databaseDown"), ["mail", "sms", "chat"]);
    assert.deepEqual(channelsOf(alerts, "cpu"), ["mail", "chat"]);
  });

  it("reads a telephone number with its country, and none without", () => {
    assert.deepEqual(phoneOf("+49 30 123-456"), { countryCode: "49", phoneNumber: "30123456" });
    assert.equal(phoneOf("555-0001"), undefined);
  });
});
