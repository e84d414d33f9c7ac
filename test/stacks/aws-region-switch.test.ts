import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { RecordOptions } from "../helpers/record";
import { temporary } from "../helpers/temporary";
import { AWS_STACKS, identity, run } from "./program";

const HEALTH_CHECKS = ["us-east-1", "us-west-2"].map((region, index) => ({
  ...{ healthCheckId: `arc-${region}`, hostedZoneId: "Z0123456789ABCDEFGHIJ", region },
  ...{ recordName: "app.aigentable.test", status: ["healthy", "unhealthy"][index] },
}));
const ARC: RecordOptions = {
  answers: {
    "aws:arcregionswitch/getRoute53HealthChecks:getRoute53HealthChecks": () => ({ healthChecks: HEALTH_CHECKS }),
  },
};

describe("stacks on AWS, with failover.regionSwitch", function () {
  this.timeout(240_000);
  const folderOf = temporary();

  /** AIgentable's plan, with the key in it. */
  const planFile = () => {
    const text = readFileSync("plans/aigentable.yaml", "utf8");
    writeFileSync(folderOf("plan.yaml"), text.replace(/^failover:\n/m, "failover:\n  regionSwitch: true\n"));
    return folderOf("plan.yaml");
  };
  const switched = (name: keyof typeof AWS_STACKS, options: RecordOptions = ARC) => {
    const { stack, values } = AWS_STACKS[name];
    return run(stack, { ...values, plan: planFile() }, options);
  };
  const lines = (text: string) => text.split("\n");

  it("the DNS stack has ARC's plan and two roles in place of health checks of its own; a preview shows it", async () => {
    const golden = lines(readFileSync("test/golden/aws-dns.txt", "utf8"));
    for (const preview of [false, true]) {
      const now = lines(identity((await switched("aws-dns", { ...ARC, preview })).resources));
      assert.deepEqual(
        golden.filter((line) => !now.includes(line)),
        ["primary", "secondary"].map(
          (role) => `aws:route53/healthCheck:HealthCheck live-site-${role} < dr:aws:FailoverRecord live-site`,
        ),
      );
      assert.deepEqual(
        now.filter((line) => !golden.includes(line)),
        [
          "aws:arcregionswitch/plan:Plan live-site-switch",
          "aws:iam/role:Role live-site-approver",
          "aws:iam/role:Role live-site-switch",
          "aws:iam/rolePolicy:RolePolicy live-site-approver",
          "aws:iam/rolePolicy:RolePolicy live-site-switch",
        ].map((line) => `${line} < dr:aws:FailoverRecord live-site`),
      );
    }
  });

  it("ARC is told the plan's regions, in its order, its RTO, and where the service that users meet says its role", async () => {
    const { resources } = await switched("aws-dns");
    const { inputs } = resources.find(({ type }) => type === "aws:arcregionswitch/plan:Plan")!;
    assert.deepEqual(
      [inputs["name"], inputs["regions"], inputs["primaryRegion"], inputs["recoveryTimeObjectiveMinutes"]],
      ["aigentable", ["us-east-1", "us-west-2"], "us-east-1", 240],
    );
    assert.match(JSON.stringify(inputs["workflows"]), /https:\/\/dr\.app\.aigentable\.test\/health must say 200/);
  });

  it("a site's stack, in a failover too, is what it was: no site knows of ARC, and none asks it", async () => {
    const golden = readFileSync("test/golden/aws-dr-failover.txt", "utf8");
    const { resources, calls } = await switched("aws-dr-failover", {});
    assert.equal(identity(resources), golden);
    assert.deepEqual(calls, []);
  });

  it("is rehearsed on local as any other plan", async () => {
    const { resources } = await run("dns", { plan: planFile(), platform: "local", liveSite: "prod" });
    assert.deepEqual(
      resources.filter(({ type }) => type.startsWith("aws:")),
      [],
    );
  });
});
