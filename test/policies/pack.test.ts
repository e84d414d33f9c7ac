import assert from "node:assert/strict";
import type { PolicyResource, StackValidationArgs } from "@pulumi/policy";
import { policyOf } from "../../policies/pack";
import { RULES } from "../../policies/rules";
import { AWS } from "../../policies/types";

// The proxy by which the SDK hides what a preview cannot know, and its word for an unknown text.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- it has no types
const sdk = require("@pulumi/policy/proxy") as {
  unknownCheckingProxy: <T>(props: T) => T;
  unknownStringValue: string;
};

const resource = (type: string, name: string, props: object, of: Partial<PolicyResource> = {}) =>
  ({
    ...{ type, name, urn: `urn:${type}::${name}`, props: sdk.unknownCheckingProxy(props) },
    ...{ opts: { protect: false }, propertyDependencies: {}, dependencies: [] },
    ...of,
  }) as unknown as PolicyResource;

function run(name: string, resources: PolicyResource[], config: object = {}) {
  const reported: [urn: string | undefined, message: string][] = [];
  const args = { resources, getConfig: () => config } as unknown as StackValidationArgs;
  void policyOf(RULES.find((rule) => rule.name === name)!).validateStack(args, (message, urn) =>
    reported.push([urn, message]),
  );
  return reported;
}

describe("policies/pack", () => {
  it("reports a violation against its resource", () =>
    assert.deepEqual(run("point-in-time-recovery", [resource(AWS.database, "orders", { backupRetentionPeriod: 0 })]), [
      [
        `urn:${AWS.database}::orders`,
        "orders must be restorable to any moment of 7 days or more; got 0. Set backupRetentionPeriod: 7",
      ],
    ]));

  it("judges all that is known in a preview, and follows what is not by who uses whom", () => {
    const bucket = resource(AWS.bucket, "backups", { arn: sdk.unknownStringValue });
    const other = resource(AWS.bucket, "other", { arn: sdk.unknownStringValue });
    const props = { bucket: sdk.unknownStringValue, versioningConfiguration: { status: "Enabled" } };
    const versions = resource(AWS.bucketVersioning, "it", props, { propertyDependencies: { bucket: [bucket] } });
    assert.deepEqual(
      run("versioning", [bucket, versions, other]).map(([urn]) => urn),
      [other.urn],
    );
  });

  it("takes a project's own thresholds over the defaults", () => {
    const orders = resource(AWS.database, "orders", { backupRetentionPeriod: 7 });
    assert.deepEqual(run("point-in-time-recovery", [orders]), []);
    assert.equal(run("point-in-time-recovery", [orders], { days: 30 }).length, 1);
    assert.deepEqual(run("point-in-time-recovery", [orders], { days: 30, exempt: ["orders"] }), []);
  });

  it("says what each threshold means, and its default", () => {
    for (const rule of RULES)
      for (const [key, schema] of Object.entries(policyOf(rule).configSchema!.properties)) {
        assert.deepEqual(schema.default, rule.defaults[key]);
        assert.ok(schema.description, `${rule.name}.${key}`);
      }
  });
});
