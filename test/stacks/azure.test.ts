import assert from "node:assert/strict";
import { parsePlan } from "../../plan";
import { readFileSync } from "node:fs";
import { matchesGolden } from "../helpers/golden";
import type { Recorded } from "../helpers/record";
import { AZURE_STACKS, identity, run } from "./program";

const SITES = ["azure-prod", "azure-dr", "azure-dr-failover"] as const;
const plan = parsePlan(readFileSync("plans/dot-copilot.yaml", "utf8"));
const { prod, dr } = plan.sites;
assert.ok(prod?.platform === "azure" && dr?.platform === "azure");
// The DR site's group begins with the other's name.
const LOST = [prod.region, prod.subscription!, `${prod.resourceGroup!}/`, `${prod.resourceGroup!}"`, "10.40."];

/** What a stack asks for, run once for all tests of it. */
const asked = new Map<string, ReturnType<typeof run>>();
function ask(name: keyof typeof AZURE_STACKS, preview = false) {
  const key = `${name} ${preview}`;
  const { stack, values } = AZURE_STACKS[name];
  const program = asked.get(key) ?? run(stack, values, { preview });
  asked.set(key, program);
  return program;
}
const ofAzure = (resources: readonly Recorded[]) => resources.filter(({ type }) => type.startsWith("azure-native:"));
const nameOf = ({ type, name }: Pick<Recorded, "type" | "name">) => `${type} ${name}`;

describe("stacks on Azure", function () {
  this.timeout(600_000);

  for (const name of [...SITES, "azure-dns"] as const) {
    it(`${name}: every resource is who it was`, async () =>
      matchesGolden(`${name}.txt`, identity((await ask(name)).resources)));

    it(`${name}: a preview shows the same resources`, async () =>
      assert.equal(identity((await ask(name, true)).resources), identity((await ask(name)).resources)));

    it(`${name}: no lookup, no call, no other stack is read; every resource has a provider of its subscription`, async () => {
      const { calls, resources } = await ask(name);
      assert.deepEqual(calls, []);
      assert.deepEqual(
        ofAzure(resources)
          .filter(({ provider }) => provider === "")
          .map(nameOf),
        [],
      );
    });
  }

  it("the DR program runs with the prod region refusing every call", async () => {
    for (const preview of [false, true]) {
      const { resources } = await ask("azure-dr-failover", preview);
      const providers = resources.filter(({ type }) => type === "pulumi:providers:azure-native");
      assert.deepEqual([...new Set(providers.map(({ inputs }) => inputs.subscriptionId))], [dr.subscription]);
      const made = ofAzure(resources);
      assert.ok(made.length > 50, "it is a whole site");
      const naming = made.filter(({ inputs }) => LOST.some((word) => JSON.stringify(inputs).includes(word)));
      // In data only: whose replica it was made as, which the promotion has to say.
      assert.deepEqual(naming.map(nameOf), ["azure-native:dbforpostgresql:Server postgres"]);
      const { sourceServerResourceId: _, ...others } = naming[0]!.inputs;
      assert.ok(LOST.every((word) => !JSON.stringify(others).includes(word)));
    }
  });

  it("what a failover leaves out of the stack stays in the cloud, and nothing stops its leaving", async () => {
    const [before, after] = [ofAzure((await ask("azure-dr")).resources), (await ask("azure-dr-failover")).resources];
    const gone = before.filter((one) => !after.some((other) => nameOf(other) === nameOf(one)));
    assert.ok(gone.length > 5);
    // The alert about the replica's lag is this site's own, and there is no replica any more.
    assert.deepEqual(
      gone.filter(({ retained, guarded }) => !retained || guarded).map(({ name }) => name),
      ["alerts-postgres-replicationLag"],
    );
  });

  it("a recovery makes no network, key, group, account or server: it promotes and starts", async () => {
    const [before, after] = [(await ask("azure-dr")).resources, ofAzure((await ask("azure-dr-failover")).resources)];
    const made = after.filter((one) => !before.some((other) => nameOf(other) === nameOf(one)));
    assert.deepEqual([...new Set(made.map(({ type }) => type.replace("azure-native:", "")))].sort(), [
      ...["app:Job", "authorization:RoleAssignment", "dataprotection:BackupInstance", "dataprotection:BackupPolicy"],
      ...["dbforpostgresql:AdministratorsMicrosoftEntra", "monitor:MetricAlert", "monitor:ScheduledQueryRule"],
    ]);
  });

  it("whatever holds data is kept when a stack is destroyed", async () => {
    const holders = /:(StorageAccount|BlobContainer|Vault|BackupVault|Key|Server|Database|ResourceGroup|Workspace)$/;
    for (const name of SITES) {
      const lost = ofAzure((await ask(name)).resources).filter(({ type, retained }) => holders.test(type) && !retained);
      assert.deepEqual(lost.map(nameOf), []);
    }
  });

  it("a failover changes of the server its role alone", async () => {
    const [before, after] = await Promise.all(
      (["azure-dr", "azure-dr-failover"] as const).map(async (name) =>
        (await ask(name)).resources.find((one) => nameOf(one) === "azure-native:dbforpostgresql:Server postgres")!,
      ),
    );
    const { replica, ...others } = after!.inputs;
    assert.deepEqual(others, before!.inputs);
    assert.deepEqual(replica, { role: "Primary", promoteMode: "Switchover", promoteOption: "Forced" });
  });

  it("no secret is in what the engine is asked or answers: all are named, and none is given", async () => {
    for (const name of SITES) {
      const { resources, outputs, answer } = await ask(name);
      const said = JSON.stringify([ofAzure(resources), outputs, await answer]);
      for (const field of ["administratorLoginPassword", "sharedKey", "clientSecret", "connectionString", "accountKey"])
        assert.equal(said.includes(`"${field}"`), false, field);
    }
  });

  it("rings about the age of every backup that the agent takes", async () => {
    const rules = ofAzure((await ask("azure-prod")).resources).filter(({ type }) =>
      type.endsWith(":ScheduledQueryRule"),
    );
    assert.deepEqual(rules.map(({ inputs }) => inputs.ruleName).sort(), [
      "blobs-backupAge",
      "configuration-backupAge",
      "mongo-backupAge",
    ]);
  });
});
