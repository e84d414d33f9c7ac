import assert from "node:assert/strict";
import {
  backupAlarms,
  copyAlarms,
  databaseAlarms,
  eventsTold,
  serviceAlarms,
} from "../../../components/aws/alarm-rules";
import { addressesOf, channelsOf } from "../../../components/aws/audience";
import { planOf } from "./plan";

const alertsOf = (rules: object = {}, rest: object = {}) =>
  planOf((plan) => {
    plan["alerts"] = { rules, ...rest };
  }).alerts;
const { rules } = alertsOf();
const line = ({ rule, comparison, threshold, period, periods, silence }: ReturnType<typeof serviceAlarms>[number]) =>
  `${rule} ${comparison === "LessThanThreshold" ? "<" : ">"} ${threshold} for ${periods} x ${period} s, ${silence}`;

describe("aws alarms", () => {
  it("take their thresholds and times from the plan, and judge silence by what it means", () => {
    assert.deepEqual(databaseAlarms(rules, "active").map(line), [
      "databaseDown < 1 for 3 x 60 s, breaching",
      "cpu > 90 for 5 x 60 s, notBreaching",
    ]);
    assert.deepEqual(serviceAlarms(rules).map(line), [
      "serviceDown < 1 for 1 x 60 s, breaching",
      "cpu > 90 for 5 x 60 s, notBreaching",
      "memory > 90 for 5 x 60 s, notBreaching",
      "errorRate > 5 for 5 x 60 s, notBreaching",
    ]);
    assert.deepEqual(backupAlarms(rules).map(line), [
      "backupAge < 1 for 26 x 3600 s, breaching",
      "backupFailed > 0 for 1 x 60 s, notBreaching",
    ]);
    const copies = (["destination", "source"] as const).flatMap((at) => copyAlarms(rules, at));
    assert.deepEqual(copies.map(line), [
      "oneCopyOnly > 0 for 60 x 60 s, notBreaching",
      "oneCopyOnly > 0 for 1 x 60 s, notBreaching",
    ]);
    const changed = alertsOf({ cpu: { above: 70, after: "10m" }, backupAge: { above: "50h", after: "30m" } }).rules;
    assert.equal(line(serviceAlarms(changed)[1]!), "cpu > 70 for 10 x 60 s, notBreaching");
    assert.equal(line(backupAlarms(changed)[0]!), "backupAge < 1 for 51 x 3600 s, breaching");
  });

  it("look back no longer than CloudWatch does", () => {
    const { rules: seldom } = alertsOf({ backupAge: { above: "31d" } });
    assert.equal(backupAlarms(seldom)[0]?.periods, 7 * 24);
  });

  it("watch a replica's lag where the replica is, above what an idle one says, and a broken one as endless", () => {
    const [, , lag] = databaseAlarms(rules, "standby");
    assert.equal(line(lag!), "replicationLag > 300 for 3 x 60 s, breaching");
    assert.equal(lag?.expression, "IF(lag < 0, 1000000, lag)");
    const { rules: lax } = alertsOf({ replicationLag: { above: "20m", after: "10m" } });
    assert.equal(line(databaseAlarms(lax, "standby")[2]!), "replicationLag > 1200 for 10 x 60 s, breaching");
  });

  it("leave out a rule that the plan turns off", () => {
    const off = Object.fromEntries(Object.keys(rules).map((rule) => [rule, { enabled: false }]));
    const { rules: none } = alertsOf(off);
    const told = eventsTold(none, { identifiers: [], agentFamilyArn: "arn" });
    assert.deepEqual(
      [
        ...databaseAlarms(none, "standby"),
        ...serviceAlarms(none),
        ...backupAlarms(none),
        ...copyAlarms(none, "source"),
        ...told,
      ],
      [],
    );
  });

  it("hear of what AWS tells by an event: failed backups, copies, proofs and tasks, and a disk that fills", () => {
    const told = eventsTold(rules, { identifiers: ["shop-prod-orders"], agentFamilyArn: "arn:task/shop-prod-agent" });
    assert.deepEqual(
      told.map(({ name, rule }) => `${name}: ${rule}`),
      [
        "backup-failed: backupFailed",
        "copy-failed: oneCopyOnly",
        "proof-failed: verifyFailed",
        "agent-failed: backupFailed",
        "disk: disk",
      ],
    );
  });

  it("tell a rule's own channels; else all, and the severe ones only of the two worst", () => {
    const channels = {
      mail: { type: "email", to: ["ops@example.com", "TODO"] },
      phone: { type: "sms", to: ["+49 170 123-45"], gateway: "SMS_GATEWAY" },
      chat: { type: "slack", address: "SLACK_WEBHOOK" },
    };
    const alerts = alertsOf({ cpu: { channels: ["mail"] } }, { channels, severe: ["phone"] });
    assert.deepEqual(channelsOf(alerts, "databaseDown"), ["chat", "mail", "phone"]);
    assert.deepEqual(channelsOf(alerts, "memory"), ["chat", "mail"]);
    assert.deepEqual(channelsOf(alerts, "cpu"), ["mail"]);
    assert.deepEqual(addressesOf(alerts.channels, "mail"), [
      { channel: "mail", protocol: "email", endpoint: "ops@example.com" },
    ]);
    assert.deepEqual(addressesOf(alerts.channels, "phone"), [
      { channel: "phone", protocol: "sms", endpoint: "+4917012345" },
    ]);
    assert.deepEqual(addressesOf(alerts.channels, "chat"), []);
  });
});
