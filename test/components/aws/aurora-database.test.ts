import assert from "node:assert/strict";
import { AuroraDatabase, type AuroraDatabaseArgs, type BackupBucket } from "../../../components/aws";
import type { SiteArgs } from "../../../components/contract";
import * as pulumi from "../../../provider/pulumi";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { kept, of, one } from "./seen";
import { ACCOUNT, drSite, founded, siteArgs } from "./site";

const argsOf = (site: SiteArgs, args: Partial<AuroraDatabaseArgs> = {}, name = ""): AuroraDatabaseArgs => ({
  ...{ site: founded(site, name), bucket: { locations: pulumi.output([]) } as unknown as BackupBucket },
  ...{ database: "orders", failoverName: "shop.example.com", password: pulumi.secret("canary-5e1f"), ...args },
});
async function made(site: SiteArgs, args: Partial<AuroraDatabaseArgs> = {}) {
  const { resources, outputs } = await record(() => new AuroraDatabase("orders", argsOf(site, args)));
  const self = "dr:aws:AuroraDatabase orders";
  return {
    own: resources.filter(({ parent }) => parent === self),
    told: outputs.find((each) => each.of === self)?.values,
  };
}

describe("aws.AuroraDatabase", function () {
  this.timeout(120_000);

  obeysContract(
    "dr:aws:AuroraDatabase",
    ["address", "port", "role", "secretArn"],
    (name, opts) => new AuroraDatabase(name, argsOf(siteArgs(), {}, name), opts),
  );

  it("makes the whole and its first cluster at the site that begins; the other site joins by name", async () => {
    const first = await made(siteArgs());
    assert.equal(one(first.own, "rds/GlobalCluster", "orders").inputs.globalClusterIdentifier, "shop-orders");
    const { masterUsername, masterPasswordWo } = one(first.own, "rds/Cluster", "orders").inputs;
    assert.ok(masterUsername === "dradmin" && masterPasswordWo);
    assert.equal(first.told?.role, "primary");

    const second = await made(drSite());
    assert.deepEqual(of(second.own, "rds/GlobalCluster"), []);
    const joined = one(second.own, "rds/Cluster", "orders");
    assert.equal(joined.inputs.globalClusterIdentifier, "shop-orders");
    assert.ok(!("masterUsername" in joined.inputs) && !("masterPasswordWo" in joined.inputs));
    assert.deepEqual(joined.ignored, ["engineVersion", "globalClusterIdentifier", "replicationSourceIdentifier"]);
    assert.equal(second.told?.role, "standby");
    assert.equal(of(second.own, "rds/ClusterInstance").length, 2, "it is ready to take over");
  });

  it("says what a person has to run, and is active once it was", async () => {
    const target = `arn:aws:rds:eu-west-1:${ACCOUNT}:cluster:shop-dr-orders`;
    const refused = (act: string) => ({
      message: `\`writer\` must be dr before that site is active: no declaration moves Aurora's writer; got prod. Move it: aws rds ${act} --region eu-west-1 --global-cluster-identifier shop-orders --target-db-cluster-identifier ${target}`,
    });
    await assert.rejects(made(drSite({ activation: "active" })), refused("switchover-global-cluster"));
    const lost = drSite({ activation: "active", lost: "prod" });
    await assert.rejects(made(lost), refused("failover-global-cluster --allow-data-loss"));
    const { own, told } = await made(lost, { writer: "dr" });
    assert.equal(told?.role, "primary");
    assert.ok(!JSON.stringify(own).includes("eu-central-1"));
    assert.deepEqual(
      one(own, "rds/Cluster", "orders").inputs,
      one((await made(drSite())).own, "rds/Cluster", "orders").inputs,
      "nothing of the cluster changes by it",
    );
  });

  it("keeps clusters and the whole when the stack is destroyed; a writer on standby is reached by nobody", async () => {
    const { own } = await made(siteArgs({ activation: "standby" }));
    assert.deepEqual(kept(own).sort(), [
      "rds/Cluster orders [retained] [guarded]",
      "rds/GlobalCluster orders [retained] [guarded]",
      "secretsmanager/Secret orders [retained] [guarded]",
      "secretsmanager/SecretVersion orders [retained]",
    ]);
    assert.deepEqual(one(own, "rds/Cluster", "orders").inputs.vpcSecurityGroupIds, ["orders-fence-id"]);
  });
});
