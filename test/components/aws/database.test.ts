import assert from "node:assert/strict";
import { BackupBucket, Database, type DatabaseArgs } from "../../../components/aws";
import type { SiteArgs } from "../../../components/contract";
import * as pulumi from "../../../provider/pulumi";
import { obeysContract } from "../../contract";
import { record, type Recorded } from "../../helpers/record";
import { kept, of, one } from "./seen";
import { ACCOUNT, drSite, founded, siteArgs } from "./site";

const CANARY = "canary-5e1f";
const PROD = `arn:aws:rds:eu-central-1:${ACCOUNT}:db:shop-prod-orders`;
const DR = `arn:aws:rds:eu-west-1:${ACCOUNT}:db:shop-dr-orders`;
const SELF = "dr:aws:Database orders";
const lost = { activation: "active", lost: "prod" } as const;

const argsOf = (site: SiteArgs, args: Partial<DatabaseArgs> = {}, name = "") => {
  const self = founded(site, name);
  const bucket = { locations: pulumi.output([]) } as unknown as BackupBucket;
  return {
    ...{ site: self, bucket, database: "orders", replica: "streaming" as const, failoverName: "shop.example.com" },
    ...{ password: pulumi.secret(CANARY), ...args },
  };
};
async function made(site: SiteArgs = siteArgs(), args: Partial<DatabaseArgs> = {}, preview = false) {
  const { resources, outputs } = await record(() => new Database("orders", argsOf(site, args)), { preview });
  return {
    own: resources.filter(({ parent }) => parent === SELF),
    outputs: outputs.find(({ of: whose }) => whose === SELF)?.values,
  };
}
const instance = (own: readonly Recorded[], name = "orders") => one(own, "rds/Instance", name);

describe("aws.Database", function () {
  this.timeout(120_000);

  obeysContract(
    "dr:aws:Database",
    ["address", "port", "role", "secretArn"],
    (name, opts) => new Database(name, argsOf(siteArgs(), {}, name), opts),
  );

  it("is a writer on an active site, with nothing left to a default that loses data or opens a door", async () => {
    const { own, outputs } = await made();
    const { tags, passwordWo, ...inputs } = instance(own).inputs;
    assert.deepEqual(inputs, {
      ...{ region: "eu-central-1", identifier: "shop-prod-orders", instanceClass: "db.m7g.large", multiAz: true },
      ...{ port: 5432, engine: "postgres", engineVersion: "17", dbName: "orders", username: "dradmin" },
      ...{ allocatedStorage: 20, maxAllocatedStorage: 100, storageType: "gp3", storageEncrypted: true },
      ...{ passwordWoVersion: 1, kmsKeyId: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-data` },
      ...{ dbSubnetGroupName: "orders-named", parameterGroupName: "orders-named", publiclyAccessible: false },
      ...{ vpcSecurityGroupIds: ["site-data-id"], backupRetentionPeriod: 7, copyTagsToSnapshot: true },
      ...{ deleteAutomatedBackups: false, deletionProtection: true, skipFinalSnapshot: false },
      ...{ finalSnapshotIdentifier: "shop-prod-orders-final", iamDatabaseAuthenticationEnabled: true },
      ...{ caCertIdentifier: "rds-ca-rsa2048-g1", enabledCloudwatchLogsExports: ["postgresql", "upgrade"] },
      ...{ performanceInsightsEnabled: true, performanceInsightsRetentionPeriod: 7 },
      performanceInsightsKmsKeyId: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-data`,
      ...{ autoMinorVersionUpgrade: true, applyImmediately: true },
    });
    assert.ok(tags && passwordWo);
    assert.equal(outputs?.role, "primary");
    assert.equal(outputs?.address, "shop-prod-orders.x.eu-central-1.rds.amazonaws.com");
    assert.deepEqual(one(own, "rds/ParameterGroup", "orders").inputs.parameters, [
      { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
      { name: "max_slot_wal_keep_size", value: "1024", applyMethod: "immediate" },
    ]);
  });

  it("copies its automated backups to the other region, under the key of backups there", async () => {
    const { inputs, dependsOn } = one((await made()).own, "rds/InstanceAutomatedBackupsReplication", "orders-backups");
    assert.deepEqual(inputs, {
      ...{ region: "eu-west-1", sourceDbInstanceArn: PROD, retentionPeriod: 7 },
      kmsKeyId: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/site-backups-copy`,
    });
    assert.ok(dependsOn.includes("aws:rds/instance:Instance orders"));
  });

  it("is a replica on standby, of an instance that it knows by the plan's names alone", async () => {
    const { own, outputs } = await made(drSite());
    const { inputs } = instance(own);
    assert.equal(inputs.replicateSourceDb, PROD);
    assert.equal(inputs.kmsKeyId, `arn:aws:kms:eu-west-1:${ACCOUNT}:key/site-data`);
    for (const inherited of ["engine", "engineVersion", "dbName", "username", "passwordWo", "allocatedStorage"])
      assert.ok(!(inherited in inputs), inherited);
    assert.equal(outputs?.role, "standby");
    assert.deepEqual(of(own, "rds/InstanceAutomatedBackupsReplication"), []);
  });

  for (const preview of [false, true])
    it(`is promoted by one change of one resource${preview ? " (preview)" : ""}`, async () => {
      const before = (await made(drSite(), {}, preview)).own;
      const after = (await made(drSite(lost), {}, preview)).own;
      const { replicateSourceDb, ...rest } = instance(before).inputs;
      assert.equal(replicateSourceDb, PROD);
      assert.deepEqual(instance(after).inputs, rest);
      const others = (own: readonly Recorded[]) => own.filter(({ type }) => type !== "aws:rds/instance:Instance");
      const plainOf = (own: readonly Recorded[]) =>
        others(own).map(({ type, name, inputs }) => ({ type, name, inputs }));
      assert.deepEqual(plainOf(after), plainOf(before));
    });

  it("names nothing of a region that is lost, and is not promoted by that alone", async () => {
    const active = (await made(drSite(lost))).own;
    assert.ok(!JSON.stringify(active).includes("eu-central-1"));
    const standby = instance((await made(drSite({ lost: "prod" }))).own);
    assert.ok(!JSON.stringify(standby).includes("eu-central-1"));
    assert.ok(standby.ignored?.includes("replicateSourceDb"), "the engine keeps the source that it has");
    assert.ok(!instance(active).ignored?.includes("replicateSourceDb"));
  });

  it("is fenced while it is a writer on standby: nobody reaches it", async () => {
    const { own } = await made(siteArgs({ activation: "standby" }));
    const { inputs } = instance(own);
    assert.deepEqual(inputs.vpcSecurityGroupIds, ["orders-fence-id"]);
    assert.ok(!("replicateSourceDb" in inputs), "RDS can't make a writer a replica");
    assert.deepEqual(of(own, "vpc/SecurityGroupIngressRule"), []);
  });

  it("makes a new replica under the next generation for failback, and leaves the old instance out of it", async () => {
    const generations = { prod: 2, dr: 1 };
    const { own } = await made(siteArgs({ activation: "standby" }), { generations });
    const { inputs } = instance(own, "orders-g2");
    assert.deepEqual([inputs.identifier, inputs.replicateSourceDb], ["shop-prod-orders-g2", DR]);
    assert.equal(inputs.finalSnapshotIdentifier, "shop-prod-orders-g2-final");
    assert.equal(of(own, "rds/Instance").length, 1);

    const back = instance((await made(siteArgs(), { generations })).own, "orders-g2").inputs;
    assert.ok(!("replicateSourceDb" in back), "promoted in its turn");
    const next = instance((await made(drSite(), { generations: { prod: 2, dr: 2 } })).own, "orders-g2").inputs;
    assert.equal(next.replicateSourceDb, `${PROD}-g2`, "and the DR site follows the new one");
    const writer = instance((await made(drSite({ activation: "active" }), { generations })).own).inputs;
    assert.ok(!("replicateSourceDb" in writer));
  });

  it("is kept when the stack is destroyed, by Pulumi and by RDS; RDS may change what it moves by itself", async () => {
    const { own } = await made();
    assert.deepEqual(kept(own).sort(), [
      "rds/Instance orders [retained] [guarded]",
      "rds/InstanceAutomatedBackupsReplication orders-backups [retained]",
      "secretsmanager/Secret orders [retained] [guarded]",
      "secretsmanager/SecretVersion orders [retained]",
    ]);
    assert.deepEqual(instance(own).ignored, ["allocatedStorage", "engineVersion", "restoreToPointInTime"]);
  });

  it("hands the password to nobody but in a secret", async () => {
    for (const site of [siteArgs(), drSite()]) {
      const { own, outputs } = await made(site);
      assert.ok(!JSON.stringify(outputs).includes(CANARY));
      for (const { name, type, inputs } of own)
        for (const [key, value] of Object.entries(inputs))
          if (JSON.stringify(value).includes(CANARY)) {
            assert.ok(["passwordWo", "secretStringWo"].includes(key), `${type} ${name}.${key}`);
            assert.ok(JSON.stringify(value).includes("1b47061264138c4ac30d75fd1eb44270"), "marked as a secret");
          }
    }
  });

  it("lets RDS make the password where no replica needs it, and is not there on standby then", async () => {
    const none = { replica: "none" } as const;
    const { own, outputs } = await made(siteArgs(), none);
    const { manageMasterUserPassword, masterUserSecretKmsKeyId, passwordWo } = instance(own).inputs;
    assert.deepEqual([manageMasterUserPassword, passwordWo], [true, undefined]);
    assert.equal(masterUserSecretKmsKeyId, `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-data`);
    assert.equal(outputs?.secretArn, `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:rds!shop-prod-orders`);
    assert.deepEqual(of((await made(drSite(), none)).own, "rds/Instance"), []);
  });

  it("is restored from the automated backup in its own region, to the newest moment or the one that was said", async () => {
    const automatedBackup = `arn:aws:rds:eu-west-1:${ACCOUNT}:auto-backup:ab-1`;
    const restored = async (args: Partial<DatabaseArgs>) =>
      instance((await made(drSite(lost), { replica: "none", automatedBackup, ...args })).own).inputs
        .restoreToPointInTime;
    const from = { sourceDbInstanceAutomatedBackupsArn: automatedBackup };
    assert.deepEqual(await restored({}), { ...from, useLatestRestorableTime: true });
    const recoverFrom = "2026-11-21T17:30:00.000Z";
    assert.deepEqual(await restored({ recoverFrom }), { ...from, restoreTime: recoverFrom });
  });

  it("refuses what RDS cannot do", async () => {
    const refusals: [SiteArgs, Partial<DatabaseArgs>, string][] = [
      [
        siteArgs(),
        { replica: "synchronous" },
        "data.orders.replica must be streaming or none on aws: between regions RDS replicates asynchronously; got synchronous",
      ],
      [
        siteArgs(),
        { password: undefined },
        "dr:databasePassword must be set, as a secret and the same at all sites, for data.orders has a replica: RDS makes none of an instance whose password it manages. Set it: npx pulumi config set --secret dr:databasePassword",
      ],
      [
        drSite(lost),
        { replica: "none" },
        "dr:automatedBackups.orders must name the automated backup that is restored; got none. Find it: aws rds describe-db-instance-automated-backups --region eu-west-1",
      ],
      [
        drSite(lost),
        { recoverFrom: "orders-20261121T020000.000Z-full" },
        "dr:recoverFrom must be latest or a moment on aws, where RDS' automated backups are read; got orders-20261121T020000.000Z-full",
      ],
      [
        siteArgs(),
        { generations: { prod: 0 } },
        'dr:generations.orders must be a number from 1 to 99 for each of prod, dr; got {"prod":0}',
      ],
    ];
    for (const [site, args, message] of refusals) await assert.rejects(made(site, args), { message });
  });
});
