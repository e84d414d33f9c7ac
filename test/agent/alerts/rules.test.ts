import assert from "node:assert/strict";
import { channelsFor, evaluate, repeatEvery, waitOf, type Measurement } from "../../../agent/alerts/rules";
import { parsePlan } from "../../../plan";
import { text } from "../../plan/example";

const planWith = (alerts: unknown, people: unknown = {}) =>
  parsePlan(
    text((plan) => {
      plan.alerts = alerts;
      plan.people = people;
    }),
  );
const { alerts } = planWith({
  channels: {
    chat: { type: "slack", address: "SLACK" },
    mail: { type: "email", to: ["ann@shop.test"] },
    phone: { type: "sms", to: ["+1"], gateway: "SMS" },
  },
  severe: ["phone"],
  rules: {
    disk: { above: 85, after: "1h", channels: ["mail"] },
    backupSize: { below: "1 MB" },
    cpu: { enabled: false },
    backupAge: { above: "6h", severity: "P0" },
  },
});
const { rules } = alerts;

const broken = (...measurements: Measurement[]) =>
  evaluate(rules, measurements).breaches.map(({ rule, value, threshold }) => [rule, value, threshold]);

describe("agent/alerts/rules", () => {
  it("holds what is above or below its threshold to be broken, not the threshold itself", () => {
    const at = (rule: Measurement["rule"], ...values: number[]) =>
      broken(...values.map((value) => ({ rule, source: "x", value })));
    assert.deepEqual(at("disk", 84.9, 85, 85.1), [["disk", 85.1, 85]]);
    assert.deepEqual(at("backupSize", 999_999, 1e6, 1e6 + 1), [["backupSize", 999_999, 1e6]]);
    assert.deepEqual(at("backupAge", 21_600, 21_601), [["backupAge", 21_601, 21_600]]);
    assert.deepEqual(at("certificateExpiry", 14 * 86_400, -1), [["certificateExpiry", -1, 14 * 86_400]]);
  });

  it("takes a rule without a threshold at its word", () =>
    assert.deepEqual(
      broken({ rule: "databaseDown", source: "orders", value: true }, { rule: "cacheDown", source: "c", value: false }),
      [["databaseDown", true, undefined]],
    ));

  it("looks at no rule that is off", () =>
    assert.deepEqual(evaluate(rules, [{ rule: "cpu", source: "x", value: 100 }]), { breaches: [], unknown: [] }));

  it("tells apart what is well and what nobody could measure", () => {
    const unknown = [
      { rule: "disk", source: "/a" },
      { rule: "disk", source: "/b" },
    ] as const;
    assert.deepEqual(
      evaluate(rules, [
        { ...unknown[0], value: undefined },
        { ...unknown[1], value: NaN },
      ]),
      { breaches: [], unknown },
    );
  });

  it("waits as long as the plan says, and for the agent's own rules not at all", () =>
    assert.deepEqual(
      ["disk", "memory", "backupFailed", "channelFailing", "toString"].map((rule) => waitOf(rules, rule)),
      [3600, 300, 0, 0, 0],
    ));

  it("repeats as soon as someone should have answered", () => {
    const { people } = planWith({}, { severities: { P1: { respond: "20m", means: "bad" } } });
    assert.equal(repeatEvery(people.severities, "P1"), 1200);
    assert.equal(repeatEvery(people.severities, "P2"), 4 * 3600);
    assert.equal(repeatEvery({ P0: { respond: 0, means: "now" } }, "P0"), 60, "never without a pause");
  });

  it("tells all channels, those for severe ones of severe ones only, or those that the rule names", () => {
    const to = (rule: string, severity: "P0" | "P1" | "P2" | "P4", source = "x") =>
      channelsFor(alerts, { rule, severity, source });
    assert.deepEqual(to("backupFailed", "P1"), ["chat", "mail", "phone"]);
    assert.deepEqual(to("backupFailed", "P0"), ["chat", "mail", "phone"]);
    assert.deepEqual(to("backupFailed", "P2"), ["chat", "mail"]);
    assert.deepEqual(to("disk", "P0"), ["mail"]);
    assert.deepEqual(to("channelFailing", "P4", "chat"), ["mail", "phone"], "any but the one that fails");
  });
});
