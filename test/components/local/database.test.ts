import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseArgs, SiteArgs } from "../../../components/contract";
import { BackupBucket, Database } from "../../../components/local";
import { obeysContract } from "../../contract";
import { record, UNKNOWN, type RecordOptions } from "../../helpers/record";
import { drSite, siteArgs } from "./site";

type Change = Partial<Omit<DatabaseArgs, "site" | "bucket">>;
const argsOf = (site: SiteArgs, change: Change = {}, bucket = new BackupBucket("backups", { site })): DatabaseArgs => ({
  ...{ site, bucket, database: "orders", failoverName: "app.shop.test", replica: "streaming", ...change },
});

/** The database's own children and outputs; those of its bucket have tests of their own. */
async function made(site: SiteArgs, change: Change = {}, options: RecordOptions = {}) {
  const { resources, outputs } = await record(() => new Database("orders", argsOf(site, change)), options);
  return {
    children: resources.filter(({ parent }) => parent === "dr:local:Database orders"),
    outputs: outputs.find(({ of }) => of === "dr:local:Database orders")?.values,
  };
}
const server = async (...of: Parameters<typeof made>) =>
  (await made(...of)).children.find(({ type }) => type === "dr:local:PostgresServer")!.inputs;
const names = async (...of: Parameters<typeof made>) => (await made(...of)).children.map(({ name }) => name);

const commons = "/sites/shop/.commons";
const port = { portRegistry: `${commons}/ports.json`, portName: "orders" };
const keysFolder = `${commons}/keys`;
const authority = {
  ...{ name: "app.shop.test", address: "127.0.0.1", portRegistry: `${commons}/ports.json`, portName: "dns" },
};
const child = { parent: "dr:local:Database orders", provider: "", retained: false, guarded: false };
const ownBucket = (site: string) => `/sites/shop/${site}/bucket/pgbackrest`;
const folderDependencies = ["dr:local:BucketFolder backups", "dr:local:BucketFolder backups-copy"];

const prodServer = {
  ...{ folder: "/sites/shop/prod/orders", site: "prod", name: "shop-orders", address: "127.0.10.1", ...port },
  ...{ socketFolder: "/sites/shop/prod/run", keysFolder, database: "orders", activation: "active", authority },
  ...{ peer: { site: "dr", address: "127.0.11.1" }, synchronous: false },
  repositories: [ownBucket("prod"), "/sites/shop/dr/copy-of-prod/pgbackrest"],
  ...{ archiveTimeoutSeconds: 60, slotCapMiB: 1024, keepFulls: 7 },
};
const prodPromotion = {
  ...{ site: "prod", address: "127.0.10.1", keysFolder, authority },
  peer: { site: "dr", address: "127.0.11.1" },
};
const drServer = {
  ...{ ...prodServer, folder: "/sites/shop/dr/orders", site: "dr", address: "127.0.11.1" },
  ...{ socketFolder: "/sites/shop/dr/run", activation: "standby", peer: { site: "prod", address: "127.0.10.1" } },
  repositories: [ownBucket("dr"), "/sites/shop/prod/copy-of-dr/pgbackrest"],
};

describe("local.Database", () => {
  obeysContract("dr:local:Database", ["address", "port", "role", "demotionToken", "epoch"], (name, opts) => {
    const bucket = { locations: pulumi.output(["/sites/shop/prod/bucket"]) } as BackupBucket; // has a test of its own
    return new Database(name, argsOf(siteArgs(), {}, bucket), opts);
  });

  describe("on an active site", () => {
    it("is a server that another site copies, and a promotion that finds it the writer already", async () => {
      assert.deepEqual((await made(siteArgs())).children, [
        {
          ...child,
          ...{ type: "dr:local:PostgresServer", name: "orders", inputs: prodServer },
          dependsOn: folderDependencies,
        },
        {
          ...{ ...child, type: "dr:index:Promotion", name: "orders-promotion" },
          inputs: { ...prodPromotion, port: 15432 },
          dependsOn: ["dr:local:PostgresServer orders"],
        },
      ]);
    });

    it("shows in a preview what it will make, with the port still open", async () => {
      const { children } = await made(siteArgs(), {}, { preview: true });
      assert.deepEqual(
        children.map(({ name, inputs }) => [name, inputs]),
        [
          ["orders", prodServer],
          ["orders-promotion", { ...prodPromotion, port: UNKNOWN, serverStart: UNKNOWN }],
        ],
      );
    });

    it("says that it is the primary only after the promotion has read the role back", async () => {
      const { outputs } = await made(siteArgs());
      assert.deepEqual(outputs, { address: "127.0.10.1", port: 15432, role: "primary", epoch: 2 });
      const preview = await made(siteArgs(), {}, { preview: true });
      assert.equal(preview.outputs?.role, UNKNOWN);
    });

    it("hands a demotion token to the promotion, and to nothing else", async () => {
      const { children } = await made(siteArgs(), { demotionToken: "7:1:0/3000060" });
      assert.deepEqual(
        children.map(({ inputs }) => inputs.demotionToken),
        [undefined, "7:1:0/3000060"],
      );
      assert.equal(children[1]?.inputs.lostSite, undefined, "a token is not a loss");
    });

    it("stands alone where no replica is asked for; the other site may still have been promoted", async () => {
      const { peer: _peer, synchronous: _synchronous, ...alone } = prodServer;
      const { children } = await made(siteArgs(), { replica: "none" });
      assert.deepEqual(
        children.map(({ inputs }) => inputs),
        [alone, { ...prodPromotion, port: 15432, peer: { ...prodPromotion.peer, restores: true } }],
      );
    });

    it("waits for the replica's disk with each commit if told to", async () =>
      assert.deepEqual(await server(siteArgs(), { replica: "synchronous" }), { ...prodServer, synchronous: true }));

    it("takes the plan's limits for archive, slot and backups", async () => {
      const limits = { archiveTimeoutSeconds: 5, slotCapMiB: 64, keepFulls: 30 };
      assert.deepEqual(await server(siteArgs(), limits), { ...prodServer, ...limits });
    });
  });

  describe("on a standby site", () => {
    it("is a server that follows, without a promotion and without a fence", async () => {
      const { children, outputs } = await made(drSite());
      assert.deepEqual(children, [
        {
          ...child,
          ...{ type: "dr:local:PostgresServer", name: "orders", inputs: drServer },
          dependsOn: folderDependencies,
        },
      ]);
      const demotionToken = "7400000000000000001:1:0/5000060";
      assert.deepEqual(outputs, { address: "127.0.11.1", port: 15432, role: "standby", demotionToken });
    });

    it("does not promote for a demotion token: the activation decides", async () =>
      assert.deepEqual(await names(drSite(), { demotionToken: "7:1:0/3000060" }), ["orders"]));

    it("does not fence for a loss: the activation decides", async () =>
      assert.deepEqual(await names(drSite({ lost: "prod" })), ["orders"]));

    it("runs nothing where no replica is asked for, and follows nobody", async () => {
      const { peer: _peer, synchronous: _synchronous, ...alone } = drServer;
      assert.deepEqual(await server(drSite(), { replica: "none" }), { ...alone, stopped: true });
      assert.deepEqual(await names(drSite(), { replica: "none" }), ["orders"]);
    });
  });

  describe("on an active site, with the other one lost", () => {
    const lost = drSite({ activation: "active", lost: "prod" });
    const lostPeer = { site: "prod", address: "127.0.10.1" };

    it("fences the lost site, then brings its server up, then promotes: in this order, always", async () => {
      const { children } = await made(lost);
      assert.deepEqual(
        children.map(({ type, name, dependsOn }) => ({ type, name, dependsOn })),
        [
          { type: "dr:index:Fence", name: "orders-fence", dependsOn: [] },
          {
            ...{ type: "dr:local:PostgresServer", name: "orders" },
            dependsOn: ["dr:index:Fence orders-fence", "dr:local:BucketFolder backups"],
          },
          {
            ...{ type: "dr:index:Promotion", name: "orders-promotion" },
            dependsOn: ["dr:index:Fence orders-fence", "dr:local:PostgresServer orders"],
          },
        ],
      );
    });

    it("fetches what the fenced site still has, promotes with the fence's proof, and leaves every far end out", async () => {
      const { children } = await made(lost);
      const { peer: _peer, synchronous: _synchronous, ...alone } = { ...drServer, activation: "active" };
      assert.deepEqual(
        children.map(({ inputs }) => inputs),
        [
          {
            ...{ site: "prod", address: "127.0.10.1", ...port, keysFolder, database: "orders" },
            successor: { site: "dr", address: "127.0.11.1" },
          },
          { ...alone, lostPeer, repositories: [ownBucket("dr")] },
          {
            ...{ site: "dr", address: "127.0.11.1", port: 15432, keysFolder, authority, lostSite: "prod", lostPeer },
            ...{ fenceProof: "refused a write by the application's user", fencedAt: "0/5000060" },
          },
        ],
      );
    });

    it("asks for a proven fence and the plan's bound where it is the watch that found the site lost", async () => {
      const foundLostAt = "2026-11-21T12:00:00Z";
      const asked = { activation: "active", lost: "prod", maxLossSeconds: 60 } as const;
      const [said, seems] = [await made(drSite(asked)), await made(drSite({ ...asked, lossFoundAt: foundLostAt }))];
      assert.deepEqual(said, await made(lost), "a person's word has no bound");
      const [fence, server, promotion] = said.children;
      assert.deepEqual(
        seems.children.map(({ inputs }) => inputs),
        [{ ...fence!.inputs, foundLostAt }, server!.inputs, { ...promotion!.inputs, foundLostAt, maxLossSeconds: 60 }],
      );
    });

    it("shows the fence and the promotion in a preview, before anything is touched", async () => {
      const { children } = await made(lost, {}, { preview: true });
      const { fenceProof, fencedAt } = children[2]!.inputs;
      assert.deepEqual({ fenceProof, fencedAt }, { fenceProof: UNKNOWN, fencedAt: UNKNOWN });
    });

    describe("and no replica", () => {
      const restored = {
        ...{ site: "dr", lostSite: "prod", bucket: "/sites/shop/dr/copy-of-prod", source: "orders" },
        ...{ stanza: "shop-orders", database: "orders", folder: "/sites/shop/dr/orders", address: "127.0.11.1" },
        ...{ ...port, keysFolder, secretsFolder: `${commons}/secrets`, authority, fencedAt: "0/5000060" },
      };
      const child = async (type: string, ...of: Parameters<typeof made>) =>
        (await made(...of)).children.find((one) => one.type === type);

      it("fences, restores, and only then starts the server and promotes it", async () => {
        const { children } = await made(lost, { replica: "none" });
        assert.deepEqual(
          children.map(({ name, dependsOn }) => [name, dependsOn.filter((on) => on.includes(" orders"))]),
          [
            ["orders-fence", []],
            ["orders-restore", ["dr:index:Fence orders-fence"]],
            ["orders", ["dr:index:Restore orders-restore"]],
            ["orders-promotion", ["dr:index:Fence orders-fence", "dr:local:PostgresServer orders"]],
          ],
        );
      });

      it("restores from the copy of the lost site's bucket in its own region", async () =>
        assert.deepEqual((await child("dr:index:Restore", lost, { replica: "none" }))?.inputs, restored));

      it("has the lost site archive all that it has, if it still answers, before it is cut off", async () => {
        assert.equal((await child("dr:index:Fence", lost, { replica: "none" }))?.inputs.archives, true);
        assert.equal((await child("dr:index:Fence", lost))?.inputs.archives, undefined);
      });

      it("does not wait in the promotion for WAL that no stream brings", async () => {
        const promotion = await child("dr:index:Promotion", lost, { replica: "none" });
        assert.deepEqual([promotion?.inputs.lostSite, promotion?.inputs.restored], ["prod", true]);
        assert.equal((await server(lost, { replica: "none" })).lostPeer, undefined);
      });

      it("starts the server anew when it was restored again", async () =>
        assert.equal((await server(lost, { replica: "none" })).recovery, "one"));

      it("hands on what a person said to recover from, and the plan's queries", async () => {
        const queries = [{ sql: "select 1", atLeast: 1 }];
        const said = { replica: "none" as const, recoverFrom: "2026-11-21T17:30:00.000Z", queries };
        assert.deepEqual((await child("dr:index:Restore", lost, said))?.inputs, {
          ...restored,
          ...{ recoverFrom: said.recoverFrom, queries },
        });
      });

      it("restores nothing while no site is lost", async () =>
        assert.deepEqual(await names(drSite({ activation: "active" }), { replica: "none" }), [
          "orders",
          "orders-promotion",
        ]));
    });

    it("restores in place of a replica, which repeats every mistake, if a person says what from", async () =>
      assert.deepEqual(await names(lost, { recoverFrom: "2026-11-21T17:30:00.000Z" }), [
        ...["orders-fence", "orders-restore", "orders", "orders-promotion"],
      ]));

    it("follows a third site, never the lost one", async () => {
      const { peer } = await server(drSite({ all: ["prod", "dr", "far"], lost: "prod" }));
      assert.deepEqual(peer, { site: "far", address: "127.0.12.1" });
    });
  });

  it("makes no fence as long as nobody has said that a site is lost", async () =>
    assert.deepEqual(await names(siteArgs(), { demotionToken: "7:1:0/3000060" }), ["orders", "orders-promotion"]));
});
