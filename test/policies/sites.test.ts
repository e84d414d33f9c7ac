import assert from "node:assert/strict";
import type { Resource } from "../../policies/rule";
import { RULES } from "../../policies/rules";
import type { Recorded } from "../helpers/record";
import { AWS_STACKS, AZURE_STACKS, run } from "../stacks/program";

/** A resource as the pack sees it. Which property uses whose outputs was not recorded: each may. */
const seen = ({ type, name, inputs, guarded, dependsOn }: Recorded): Resource => ({
  ...{ urn: `${type} ${name}`, type, name, props: inputs, protect: guarded },
  uses: Object.fromEntries(
    [...Object.keys(inputs), "bucket", "backupVaultName", "sourceDbInstanceArn"].map((key) => [key, dependsOn]),
  ),
});

const STACKS = { ...AWS_STACKS, ...AZURE_STACKS };

async function broken(name: keyof typeof STACKS): Promise<string[]> {
  const { stack, values } = STACKS[name];
  const resources = (await run(stack, values)).resources.map(seen);
  return RULES.flatMap((rule) =>
    rule.violations(resources, rule.defaults).map(({ message }) => `${rule.name}: ${message}`),
  );
}

describe("policies on this project's own sites", function () {
  this.timeout(600_000);

  for (const name of ["aws-prod", "aws-dr", "azure-prod", "azure-dr"] as const)
    it(`${name} keeps all of them`, async () => assert.deepEqual(await broken(name), []));

  it("a site that is alone breaks those that ask for another region, and no other", async () => {
    const rules = (await broken("aws-dr-failover")).map((line) => line.split(":")[0]);
    assert.deepEqual([...new Set(rules)].sort(), ["other-region", "replication"]);
  });

  it("one on Azure that is alone breaks none: its storage and server have the region's pair", async () =>
    assert.deepEqual(await broken("azure-dr-failover"), []));
});
