import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { databasesOf, readProject, stackConfig, UsageError } from "../../cli/project";
import { defaultRoot } from "../../components/local/place";
import { text } from "../plan/example";
import { temporary } from "../helpers/temporary";

describe("cli/project", () => {
  const at = temporary();
  beforeEach(() => {
    mkdirSync(at("plans"));
    writeFileSync(at("Pulumi.yaml"), "name: dr\n");
    writeFileSync(at("plans", "cotai.yaml"), text());
  });
  const dns = (...lines: string[]) => writeFileSync(at("Pulumi.dns.yaml"), ["config:", ...lines, ""].join("\n  "));
  const refuses = (work: () => unknown, message: string) =>
    assert.throws(work, (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, message);
      return true;
    });

  it("takes what the DNS stack says", () => {
    writeFileSync(
      at("plans", "other.yaml"),
      text((plan) => (plan.name = "other")),
    );
    dns("dr:plan: plans/other.yaml", "dr:platform: docker", "dr:root: sites");
    const { plan, ...project } = readProject(at());
    assert.deepEqual(
      { ...project, plan: plan.name },
      {
        ...{ folder: at(), sites: ["prod", "dr"], platform: "docker", location: at("sites"), plan: "other" },
      },
    );
  });

  it("has the same defaults as the stacks where nothing is said, or nothing is written", () => {
    for (const lines of [[], ['dr:platform: ""', 'dr:root: ""']]) {
      dns(...lines);
      const { plan, platform, location } = readProject(at());
      assert.deepEqual([plan.name, platform, location], ["shop", "local", defaultRoot(at())]);
    }
    writeFileSync(at("Pulumi.dns.yaml"), "");
    assert.equal(readProject(at()).plan.name, "shop");
  });

  it("refuses a folder that is no project", () => {
    rmSync(at("Pulumi.yaml"));
    refuses(() => readProject(at()), `there is no Pulumi.yaml in ${at()}; run this in the project's folder`);
  });

  it("refuses a project without a stack that it needs", () => {
    refuses(() => readProject(at()), `there is no Pulumi.dns.yaml in ${at()}`);
    refuses(() => stackConfig(at(), "prod"), `there is no Pulumi.prod.yaml in ${at()}`);
  });

  it("refuses a plan that is refused, with its place", () => {
    dns();
    writeFileSync(
      at("plans", "cotai.yaml"),
      text((plan) => (plan.services = { web: { port: 0 } })),
    );
    assert.throws(() => readProject(at()), /^PlanError: plans\/cotai\.yaml:\d+: services\.web\.port: /);
  });

  it("knows the databases that can be recovered", () => {
    dns();
    assert.deepEqual(
      databasesOf(readProject(at()).plan).map(({ name, database }) => [name, database]),
      [["orders", "orders"]],
    );
  });
});
