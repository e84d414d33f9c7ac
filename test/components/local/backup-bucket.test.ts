import assert from "node:assert/strict";
import type { SiteArgs } from "../../../components/contract";
import { BackupBucket } from "../../../components/local";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { drSite, siteArgs } from "./site";

const made = (site: SiteArgs, preview = false) => record(() => new BackupBucket("backups", { site }), { preview });
const self = "dr:local:BackupBucket backups";
const child = { type: "dr:local:BucketFolder", parent: self, dependsOn: [], provider: "", guarded: false };

describe("local.BackupBucket", () => {
  obeysContract(
    "dr:local:BackupBucket",
    ["locations"],
    (name, opts) => new BackupBucket(name, { site: siteArgs() }, opts),
  );

  for (const preview of [false, true]) {
    it(`has a folder here and a copy in the other site's region, and both outlive the stack${preview ? " (preview)" : ""}`, async () => {
      const { resources, outputs } = await made(siteArgs(), preview);
      assert.deepEqual(resources.slice(1), [
        { ...child, name: "backups", retained: true, inputs: { folder: "/sites/shop/prod/bucket", site: "prod" } },
        {
          ...child,
          name: "backups-copy",
          retained: true,
          inputs: { folder: "/sites/shop/dr/copy-of-prod", site: "prod" },
        },
      ]);
      assert.deepEqual(outputs, [
        { of: self, values: { locations: ["/sites/shop/prod/bucket", "/sites/shop/dr/copy-of-prod"] } },
      ]);
    });
  }

  it("owns its own bucket and its own copy at the DR site too, and never the other site's", async () => {
    const { outputs } = await made(drSite());
    assert.deepEqual(outputs[0]?.values, { locations: ["/sites/shop/dr/bucket", "/sites/shop/prod/copy-of-dr"] });
  });

  it("leaves the far end out while the other site is lost", async () => {
    const { resources, outputs } = await made(drSite({ activation: "active", lost: "prod" }));
    assert.deepEqual(
      resources.slice(1).map(({ name, inputs }) => ({ name, inputs })),
      [{ name: "backups", inputs: { folder: "/sites/shop/dr/bucket", site: "dr" } }],
    );
    assert.deepEqual(outputs[0]?.values, { locations: ["/sites/shop/dr/bucket"] });
  });

  it("copies to a third site when the second is lost", async () => {
    const { outputs } = await made(siteArgs({ all: ["prod", "dr", "far"], lost: "dr" }));
    assert.deepEqual(outputs[0]?.values, { locations: ["/sites/shop/prod/bucket", "/sites/shop/far/copy-of-prod"] });
  });
});
