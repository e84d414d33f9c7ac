import assert from "node:assert/strict";
import { matchesGolden } from "../helpers/golden";
import { identity, run, STACKS } from "./program";

const TOKEN = "7400000000000000001:1:0/3000060";
const planned = { activation: "active", demotionTokens: JSON.stringify({ postgres: TOKEN }) };
const lost = STACKS["dr-failover"].values;

describe("stacks/site", () => {
  for (const name of ["prod", "dr", "dr-failover", "dr-restore"] as const) {
    const { stack, values } = STACKS[name];
    it(`${name}: every resource is who it was`, async () => {
      const { resources } = await run(stack, values);
      matchesGolden(`${name}.txt`, identity(resources));
    });

    it(`${name}: a preview shows the same resources`, async () => {
      const [preview, up] = [await run(stack, values, { preview: true }), await run(stack, values)];
      assert.equal(identity(preview.resources), identity(up.resources));
    });

    it(`${name}: no lookup, no call, no other stack is read, no provider is configured`, async () => {
      const { calls, resources } = await run(stack, values);
      assert.deepEqual(calls, []);
      assert.deepEqual(
        resources.filter(({ type, provider }) => type.startsWith("pulumi:") || provider !== ""),
        [],
      );
    });
  }

  it("is one program for prod and dr: active twice over, both have the same resources", async () => {
    const [prod, dr] = [await run("prod", { activation: "active" }), await run("dr", { activation: "active" })];
    assert.equal(identity(prod.resources), identity(dr.resources));
  });

  it("adds to a standby site, and takes nothing from it, when it is promoted", async () => {
    const standby = identity((await run("dr", { activation: "standby" })).resources)
      .trim()
      .split("\n");
    const promoted = identity((await run("dr", planned)).resources)
      .trim()
      .split("\n");
    assert.deepEqual(
      promoted.filter((line) => !standby.includes(line)),
      ["dr:index:Promotion postgres-promotion < dr:local:Database postgres"],
    );
    assert.deepEqual(
      standby.filter((line) => !promoted.includes(line)),
      [],
    );
  });

  it("with prod lost, gives nothing but the fence what must be there of prod: neither its address nor its folder", async () => {
    const { resources } = await run("dr", lost);
    const needed = resources.map(({ name, inputs: { lostPeer: _whileItAnswers, ...inputs } }) => ({ name, inputs }));
    const asks = (text: string) => needed.filter(({ inputs }) => JSON.stringify(inputs).includes(text));
    assert.deepEqual(
      asks("127.0.10.1").map(({ name }) => name),
      ["postgres-fence"],
    );
    assert.deepEqual(
      asks("/prod").map(({ name }) => name),
      [],
    );
  });

  it("with prod lost, fences before anything is promoted", async () => {
    const { resources } = await run("dr", lost);
    const before = (name: string) => resources.find((resource) => resource.name === name)?.dependsOn;
    assert.ok(before("postgres-promotion")?.includes("dr:index:Fence postgres-fence"));
  });

  it("hands a database its own demotion token", async () => {
    const { resources } = await run("dr", planned);
    assert.deepEqual(
      resources
        .slice(1)
        .flatMap(({ type, name, inputs }) =>
          type !== "dr:local:Database" && "demotionToken" in inputs ? [[name, inputs.demotionToken]] : [],
        ),
      [["postgres-promotion", TOKEN]],
    );
  });

  it("hands a database what a person said to recover from, and another's backup to none", async () => {
    const restores = async (recoverFrom: string) =>
      (await run("dr", { ...lost, recoverFrom })).resources.flatMap(({ type, inputs }) =>
        type === "dr:index:Restore" ? [inputs.recoverFrom] : [],
      );
    assert.deepEqual(await restores("2026-11-21T18:30:00+01:00"), ["2026-11-21T17:30:00.000Z"]);
    const backup = "postgres-20261121T020000.000Z-full";
    assert.deepEqual(await restores(backup), [backup]);
  });

  it("keeps every bucket when the stack is destroyed", async () => {
    const { resources } = await run("prod", STACKS.prod.values);
    const buckets = resources.filter(({ type }) => type === "dr:local:BucketFolder");
    assert.deepEqual(
      buckets.map(({ retained }) => retained),
      [true, true],
    );
  });

  it("takes schedule and limits from the plan", async () => {
    const { resources } = await run("prod", STACKS.prod.values);
    const inputs = (wanted: string) => resources.find(({ type, name }) => `${type} ${name}` === wanted)?.inputs;
    const { archiveTimeoutSeconds, slotCapMiB, keepFulls } = inputs("dr:local:PostgresServer postgres")!;
    assert.deepEqual(
      { archiveTimeoutSeconds, slotCapMiB, keepFulls },
      { archiveTimeoutSeconds: 60, slotCapMiB: 1024, keepFulls: 7 },
    );
    const { sources } = inputs("dr:local:Process agent")!.config as {
      sources: { name: string; entry: { backup: { full: string; timeZone: string } } }[];
    };
    assert.deepEqual(
      sources.map(({ name, entry: { backup } }) => [name, backup.full, backup.timeZone]),
      [
        ["postgres", "0 2 * * *", "UTC"],
        ["mongo", "30 2 * * *", "UTC"],
        ["volumes", "0 3 * * *", "UTC"],
        ["settings", "30 3 * * *", "UTC"],
      ],
    );
  });

  it("says what it does not build, and no more than that while all is well", async () => {
    const { told } = await run("prod", STACKS.prod.values);
    assert.deepEqual(told, [
      "info: data.mongo: local builds no mongodb server; the one whose address the secret MONGODB_URL holds is protected, and none while it is not set",
      "info: the role endpoint stands in for cotai/backend:latest: local runs no images",
      "info: the role endpoint stands in for cotai/frontend:latest: local runs no images",
    ]);
  });

  it("says that there is one copy only while the other site is lost", async () => {
    const { told } = await run("dr", lost);
    assert.equal(told[0], "warning: prod is said to be lost: dr holds the one copy until it returns");
  });

  it("tells the roles, endpoints and epochs, and where backups go", async () => {
    const { answer } = await run("prod", STACKS.prod.values);
    assert.deepEqual(await answer, {
      ...{ activation: "active", roles: { postgres: "primary" }, endpoints: { postgres: "127.0.10.1:15432" } },
      ...{ epochs: { postgres: 2 }, demotionTokens: { postgres: undefined } },
      buckets: ["/sites/cotai/prod/bucket", "/sites/cotai/dr/copy-of-prod"],
    });
  });

  it("tells the demotion token of a site that went on standby", async () => {
    const { answer } = await run("dr", STACKS.dr.values);
    assert.deepEqual((await answer).demotionTokens, { postgres: "7400000000000000001:1:0/5000060" });
    assert.deepEqual((await answer).roles, { postgres: "standby" });
  });
});
