import assert from "node:assert/strict";
import { guardData, lintSurvival, sayWhatItDoes, type PreviewStep } from "../../../cli/check/judge";

const urn = (type: string) => `urn:pulumi:dr::dr::dr:local:Database$${type}::orders`;
const step = (
  op: string,
  type: string,
  inputs: object = {},
  was: object = {},
  retainOnDelete = false,
): PreviewStep => ({
  ...{ op, urn: urn(type) },
  ...(op === "create" ? {} : { oldState: { type, inputs: was as Record<string, unknown>, retainOnDelete } }),
  ...(op === "delete" ? {} : { newState: { type, inputs: inputs as Record<string, unknown> } }),
});
const SERVER = "dr:local:PostgresServer";
const BUCKET = "dr:local:BucketFolder";

describe("cli/check/judge", () => {
  for (const op of ["delete", "delete-replaced", "replace", "create-replacement", "discard"]) {
    it(`refuses to ${op} a server that holds data`, () =>
      assert.deepEqual(guardData([step(op, SERVER)]), [
        { kind: "refused", resource: `${SERVER} orders`, text: `would ${op} ${SERVER}, which holds data` },
      ]));
  }
  for (const op of ["create", "update", "same", "refresh"]) {
    it(`lets a server that holds data be: ${op}`, () => assert.deepEqual(guardData([step(op, SERVER)]), []));
  }
  it("lets a bucket go that is kept when it leaves the stack, and no other", () => {
    assert.deepEqual(guardData([step("delete", BUCKET, {}, {}, true)]), []);
    assert.equal(guardData([step("delete", BUCKET)]).length, 1);
    assert.equal(guardData([step("replace", BUCKET, {}, {}, true)]).length, 1, "a replacement starts empty");
  });
  it("lets a process be replaced: it holds nothing", () =>
    assert.deepEqual(guardData([step("replace", "dr:local:Process")]), []));

  const says = (...steps: PreviewStep[]) => sayWhatItDoes(steps).map(({ text }) => text);
  it("says who is fenced, who is promoted and what is lost", () =>
    assert.deepEqual(
      says(
        step("create", "dr:index:Fence", { site: "prod" }),
        step("create", "dr:index:Promotion", { site: "dr", lostSite: "prod" }),
      ),
      [
        "takes writing away from prod, by whatever of it still answers",
        "promotes dr; what had not arrived from prod is lost",
      ],
    ));
  it("says that a fence comes off, and nothing of a writer that has none", () => {
    assert.deepEqual(says(step("update", "dr:index:Promotion", { site: "prod", fenced: true })), [
      "takes the fence of prod off, unless another site was promoted",
    ]);
    assert.deepEqual(says(step("update", "dr:index:Promotion", { site: "prod" })), []);
  });
  it("says that a fence is proven again for another try, and nothing of one that stays", () => {
    const again = { site: "prod", triedAgainAt: "2026-11-21T12:01:00Z" };
    assert.deepEqual(says(step("update", "dr:index:Fence", again)), [
      "takes writing away from prod again: the failover before did not end",
    ]);
    assert.deepEqual(says(step("update", "dr:index:Fence", { site: "prod", archives: true })), []);
  });
  it("says what is restored, from where, and up to which point", () => {
    const inputs = { site: "dr", lostSite: "prod", portName: "orders" };
    assert.deepEqual(says(step("create", "dr:index:Restore", inputs)), [
      "restores orders from prod's backups (latest), unless dr is live",
    ]);
    const recoverFrom = "2026-11-21T17:30:00.000Z";
    assert.deepEqual(says(step("update", "dr:index:Restore", { ...inputs, recoverFrom })), [
      `restores orders from prod's backups (${recoverFrom}), unless dr is live`,
    ]);
    assert.deepEqual(says(step("same", "dr:index:Restore", inputs), step("delete", "dr:index:Restore")), []);
  });
  it("says where the name goes, and nothing when it stays", () => {
    const record = (from: string, to: string) =>
      step("update", "dr:index:DnsRecord", { name: "app", site: to }, { name: "app", site: from });
    assert.deepEqual(says(record("prod", "dr")), ["moves app from prod to dr"]);
    assert.deepEqual(says(record("dr", "dr")), []);
  });

  describe("of the site that is lost", () => {
    const lost = { site: "prod", places: ["/sites/shop/prod", "127.0.10.1"] };
    const lint = (...steps: PreviewStep[]) => lintSurvival(steps, lost).map(({ text }) => text);
    it("names each input that lies there", () =>
      assert.deepEqual(
        lint(step("update", SERVER, { peer: { address: "127.0.10.1" }, folder: "/sites/shop/dr/orders" })),
        ["`peer` names 127.0.10.1, which is lost with prod"],
      ));
    it("passes over the fence, which is meant to reach there, what is fetched while it answers, and what is deleted", () =>
      assert.deepEqual(
        lint(
          step("update", SERVER, { lostPeer: { site: "prod", address: "127.0.10.1" } }),
          step("create", "dr:index:Fence", { address: "127.0.10.1" }),
          step("delete", BUCKET, {}, { folder: "/sites/shop/prod/copy" }),
        ),
        [],
      ));
  });
});
