import assert from "node:assert/strict";
import { matchesGolden } from "../helpers/golden";
import type { Recorded } from "../helpers/record";
import { AWS_STACKS, identity, run } from "./program";

const SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270";
const PROD_REGION = "us-east-1";
const SITES = ["aws-prod", "aws-dr", "aws-dr-failover"] as const;

/** What a stack asks for, run once for all tests of it. */
const asked = new Map<string, ReturnType<typeof run>>();
function ask(name: keyof typeof AWS_STACKS, preview = false) {
  const key = `${name} ${preview}`;
  const { stack, values } = AWS_STACKS[name];
  const program = asked.get(key) ?? run(stack, values, { preview });
  asked.set(key, program);
  return program;
}
const nameOf = ({ type, name }: Pick<Recorded, "type" | "name">) => `${type} ${name}`;
const globalsOf = async (stack: (typeof SITES)[number]) =>
  (await ask(stack)).resources.filter(({ type }) => /^aws:(iam|route53)\//.test(type));

describe("stacks on AWS", function () {
  this.timeout(240_000);

  for (const name of [...SITES, "aws-dns"] as const) {
    it(`${name}: every resource is who it was`, async () =>
      matchesGolden(`${name}.txt`, identity((await ask(name)).resources)));

    it(`${name}: a preview shows the same resources`, async () =>
      assert.equal(identity((await ask(name, true)).resources), identity((await ask(name)).resources)));

    it(`${name}: no lookup, no call, no other stack is read, no provider is configured`, async () => {
      const { calls, resources } = await ask(name);
      assert.deepEqual(calls, []);
      assert.deepEqual(
        resources.filter(({ type, provider }) => type.startsWith("pulumi:") || provider !== ""),
        [],
      );
    });
  }

  it("the DR program runs with the prod region refusing every call", async () => {
    for (const preview of [false, true]) {
      const resources = (await ask("aws-dr-failover", preview)).resources.filter(({ type }) => type.startsWith("aws:"));
      assert.ok(resources.length > 100, "it is a whole site");
      assert.deepEqual(
        resources.filter(({ inputs }) => JSON.stringify(inputs).includes(PROD_REGION)).map(nameOf),
        [],
        "no resource is in that region, and no ARN, address or policy names it",
      );
    }
  });

  it("a failover asks nothing of IAM and Route 53, whose control planes are in us-east-1", async () => {
    const [before, after] = [await globalsOf("aws-dr"), await globalsOf("aws-dr-failover")];
    assert.ok(before.length > 5);
    for (const resource of after)
      assert.deepEqual(
        resource.inputs,
        before.find((one) => nameOf(one) === nameOf(resource))?.inputs,
        `${nameOf(resource)} is as it was`,
      );
  });

  it("what a failover leaves out of the stack stays in the cloud, and nothing stops its leaving", async () => {
    const [before, after] = [(await ask("aws-dr")).resources, (await ask("aws-dr-failover")).resources];
    const gone = before.filter(({ type, name }) => !after.some((one) => one.type === type && one.name === name));
    const data = /^aws:(s3|kms|rds|backup|secretsmanager|iam|route53)\//;
    assert.deepEqual(
      gone
        .filter(({ type, retained, guarded }) => data.test(type) && (!retained || guarded))
        .map(({ type, name }) => `${type} ${name}`),
      [],
    );
  });

  it("a recovery makes no network, key, secret, bucket or role: it promotes and starts", async () => {
    const [before, after] = [(await ask("aws-dr")).resources, (await ask("aws-dr-failover")).resources];
    const made = after.filter(({ type, name }) => !before.some((one) => one.type === type && one.name === name));
    assert.deepEqual(
      made
        .filter(({ type }) => /^aws:(ec2|vpc|kms|secretsmanager|s3|iam|acm|rds|route53)\//.test(type))
        .map(({ name }) => name),
      [],
    );
  });

  it("whatever holds data is kept when a stack is destroyed", async () => {
    const holders = /:(Bucket|Key|ReplicaKey|Instance|Secret|Vault|LogGroup)$/;
    for (const name of SITES) {
      const { resources } = await ask(name);
      const lost = resources.filter(({ type, retained }) => type.startsWith("aws:") && holders.test(type) && !retained);
      assert.deepEqual(
        lost.map(({ type, name: which }) => `${type} ${which}`),
        [],
      );
    }
  });

  it("a password goes nowhere but into secrets", async () => {
    for (const name of SITES) {
      const { resources, answer, outputs } = await ask(name);
      assert.ok(!JSON.stringify([await answer, outputs]).includes("canary-5e1f"));
      for (const { inputs } of resources.filter(({ type }) => type.startsWith("aws:")))
        for (const [key, value] of Object.entries(inputs))
          if (JSON.stringify(value).includes("canary-5e1f"))
            assert.ok(
              ["passwordWo", "secretStringWo"].includes(key) && JSON.stringify(value).includes(SECRET_MARK),
              key,
            );
    }
  });

  it("the failover record follows the role endpoint of the service that users meet", async () => {
    const { resources } = await ask("aws-dns");
    const checks = resources.filter(({ type }) => type === "aws:route53/healthCheck:HealthCheck");
    assert.deepEqual(
      checks.map(({ inputs: { fqdn, resourcePath } }) => [fqdn, resourcePath]),
      [
        ["prod.app.aigentable.test", "/health"],
        ["dr.app.aigentable.test", "/health"],
      ],
    );
  });
});
