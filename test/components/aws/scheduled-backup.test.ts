import assert from "node:assert/strict";
import { ScheduledBackup, type ScheduledBackupArgs } from "../../../components/aws";
import type { SiteArgs } from "../../../components/contract";
import { agentSecrets } from "../../../plan/agent-secrets";
import { version } from "../../../package.json";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { bucket, byName, database, entryOf, planOf, service } from "./plan";
import { kept, of, one } from "./seen";
import { ACCOUNT, drSite, founded, siteArgs } from "./site";

const { alerts, people, api } = planOf((plan) => {
  plan["alerts"] = { channels: { ops: { type: "slack", address: "SLACK_WEBHOOK" } } };
});
const orders = entryOf({
  ...{ engine: "postgresql", database: "orders", retention: { daily: 14, weekly: 4, monthly: 0 } },
  ...{
    backup: { full: "0 2 * * *", timeZone: "Europe/Berlin" },
    verify: { restore: "0 6 * * 0", timeZone: "Europe/Berlin" },
  },
});
const cache = entryOf({
  ...{ engine: "redis", backup: { full: "0 */6 * * *" } },
  verify: { integrity: "0 5 * * *", restore: "0 6 13 * 5", timeZone: "Europe/Berlin" },
});
const managed = { name: "orders", entry: orders, database };
const told = { name: "cache", entry: cache };
const SECRETS = agentSecrets([cache], alerts);
const CHILD = "dr:aws:ScheduledBackup agent";

const args = (site: SiteArgs, of = "", change: Partial<ScheduledBackupArgs> = {}): ScheduledBackupArgs => ({
  ...{ site: founded(site, of, SECRETS), bucket, sources: [managed, told], failoverName: "shop.example.com" },
  ...{ services: [{ name: "web", service }], alerts, people, api },
  ...change,
});
async function made(site: SiteArgs = siteArgs(), change: Partial<ScheduledBackupArgs> = {}, preview = false) {
  const { resources, told: said } = await record(() => new ScheduledBackup("agent", args(site, "", change)), {
    preview,
  });
  return { own: resources.filter(({ parent }) => parent === CHILD), said };
}
// Most of what is promised is read off one recording.
let usual: Promise<Awaited<ReturnType<typeof made>>> | undefined;
const usually = () => (usual ??= made());
let lost: typeof usual;
const alone = () => (lost ??= made(drSite({ activation: "active", lost: "prod" })));

interface Container {
  readonly image: string;
  readonly secrets: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly entryPoint: readonly string[];
}
type Policy = { Statement: { Action: string | string[]; Resource: string | string[]; Condition?: object }[] };
const policyOf = (of: { inputs: Record<string, unknown> }) => JSON.parse(of.inputs["policy"] as string) as Policy;

describe("aws.ScheduledBackup", function () {
  this.timeout(120_000);

  obeysContract("dr:aws:ScheduledBackup", [], (name, opts) => new ScheduledBackup(name, args(siteArgs(), name), opts));

  it("keeps what holds backups when the stack is gone; the copy is left out while its region is lost", async () => {
    const vaults = [
      "backup/Vault agent-vault [retained] [guarded]",
      "backup/VaultLockConfiguration agent-vault-lock [retained]",
    ];
    const copies = [
      "backup/Vault agent-vault-copy [retained]",
      "backup/VaultLockConfiguration agent-vault-copy-lock [retained]",
    ];
    const far = "ecr/ReplicationConfiguration agent-images [retained]";
    const images = ["ecr/Repository agent [retained] [guarded]", "ecr/LifecyclePolicy agent [retained]"];
    const log = ["cloudwatch/LogGroup agent [retained]"];
    assert.deepEqual(kept((await usually()).own).toSorted(), [...vaults, ...copies, far, ...images, ...log].sort());
    assert.deepEqual(kept((await alone()).own).toSorted(), [...vaults, ...images, ...log].sort());
  });

  it("names nothing of a region that is lost", async () => {
    const { own } = await alone();
    assert.deepEqual(
      JSON.stringify(own.map(({ inputs }) => inputs)).match(/eu-central-1(?!\.amazonaws\.com\/shop-prod)/g),
      null,
    );
  });

  for (const preview of [false, true])
    it(`lets AWS Backup take, copy and keep what the plan asks for${preview ? " (preview)" : ""}`, async () => {
      const { own } = await made(siteArgs(), {}, preview);
      const rule = { scheduleExpressionTimezone: "Europe/Berlin", targetVaultName: "shop-prod", startWindow: 60 };
      const far = preview ? "<unknown>" : `arn:aws:backup:eu-west-1:${ACCOUNT}:backup-vault:shop-prod-copy`;
      const days = (deleteAfter: number) => ({
        ...{ completionWindow: 480, lifecycle: { deleteAfter } },
        copyActions: [{ destinationVaultArn: far, lifecycle: { deleteAfter } }],
      });
      const { inputs } = one(own, "backup/Plan", "agent-orders");
      assert.deepEqual(
        { region: inputs["region"], rules: inputs["rules"] },
        {
          region: "eu-central-1",
          rules: [
            { ruleName: "full", schedule: "cron(0 2 * * ? *)", ...rule, ...days(14) },
            { ruleName: "weekly", schedule: "cron(0 2 ? * 1 *)", ...rule, ...days(28) },
          ],
        },
      );
    });

  it("locks the vaults for governance, for no longer than what they keep is kept", async () => {
    const { own } = await usually();
    const locks = byName(of(own, "backup/VaultLockConfiguration")).map(({ inputs }) => inputs);
    assert.deepEqual(locks, [
      { region: "eu-west-1", backupVaultName: "shop-prod-copy", minRetentionDays: 7 },
      { region: "eu-central-1", backupVaultName: "shop-prod", minRetentionDays: 7 },
    ]);
    const short = entryOf({
      engine: "postgresql",
      database: "orders",
      backup: { full: "0 2 * * *" },
      retention: { daily: 3, weekly: 0, monthly: 0 },
    });
    const seldom = await made(siteArgs(), { sources: [{ ...managed, entry: short }] });
    assert.equal(one(seldom.own, "backup/VaultLockConfiguration", "agent-vault-lock").inputs["minRetentionDays"], 3);
  });

  it("locks them for compliance only when it is spelt out", async () => {
    const { own } = await made(siteArgs(), { complianceAfterDays: 14 });
    for (const { inputs } of of(own, "backup/VaultLockConfiguration")) assert.equal(inputs["changeableForDays"], 14);
    for (const complianceAfterDays of [0, 2, 3.5])
      await assert.rejects(made(siteArgs(), { complianceAfterDays }), {
        message: `\`complianceAfterDays\` must be a whole number, 3 or more, which AWS leaves to change one's mind; got ${complianceAfterDays}`,
      });
  });

  it("selects a database by its tags, and proves its newest snapshot where nobody reaches it", async () => {
    const { own } = await usually();
    const stringEquals = [
      { key: "aws:ResourceTag/Name", value: "shop-prod-orders" },
      { key: "aws:ResourceTag/dr:plan", value: "shop" },
      { key: "aws:ResourceTag/dr:site", value: "prod" },
    ];
    const { inputs } = one(own, "backup/Selection", "agent-orders");
    assert.deepEqual(inputs["resources"], [`arn:aws:rds:eu-central-1:${ACCOUNT}:db:*`]);
    assert.deepEqual(inputs["conditions"], [{ stringEquals }]);
    const test = one(own, "backup/RestoreTestingPlan", "agent-orders").inputs;
    assert.equal(test["name"], "shop_orders");
    assert.equal(test["scheduleExpression"], "cron(0 6 ? * 1 *)");
    assert.equal(test["scheduleExpressionTimezone"], "Europe/Berlin");
    const selection = one(own, "backup/RestoreTestingSelection", "agent-orders").inputs;
    assert.equal(selection["protectedResourceType"], "RDS");
    assert.deepEqual(selection["protectedResourceConditions"], { stringEquals });
    assert.deepEqual(selection["restoreMetadataOverrides"], { dbSubnetGroupName: "agent-restore-tests-named" });
  });

  it("starts the agent for each backup and each proof, in the plan's time zone", async () => {
    const { own } = await usually();
    const schedules = byName(of(own, "scheduler/Schedule")).map(({ name, inputs }) => [
      name,
      inputs["scheduleExpression"],
      inputs["scheduleExpressionTimezone"],
      inputs["state"],
      (JSON.parse((inputs["target"] as { input: string }).input) as { containerOverrides: unknown }).containerOverrides,
    ]);
    const run = (...command: string[]) => [{ name: "main", command: ["--once", ...command] }];
    assert.deepEqual(schedules, [
      ["agent-cache-full", "cron(0 0,6,12,18 * * ? *)", "UTC", "ENABLED", run("full", "cache")],
      ["agent-cache-prove", "cron(0 6 13 * ? *)", "Europe/Berlin", "ENABLED", run("prove", "cache")],
      ["agent-cache-prove-2", "cron(0 6 ? * 6 *)", "Europe/Berlin", "ENABLED", run("prove", "cache")],
      ["agent-cache-verify", "cron(0 5 * * ? *)", "Europe/Berlin", "ENABLED", run("verify", "cache")],
    ]);
    const target = one(own, "scheduler/Schedule", "agent-cache-full").inputs["target"] as Record<string, unknown>;
    assert.deepEqual(target["ecsParameters"], {
      taskDefinitionArn: `arn:aws:ecs:eu-central-1:${ACCOUNT}:task-definition/shop-prod-agent:1`,
      ...{ launchType: "FARGATE", propagateTags: "TASK_DEFINITION" },
      networkConfiguration: {
        subnets: ["site-private-1-id", "site-private-2-id", "site-private-3-id"],
        ...{ securityGroups: ["site-app-id"], assignPublicIp: false },
      },
    });
  });

  it("declares all of it on standby and takes nothing", async () => {
    const { own } = await made(drSite());
    for (const { inputs } of of(own, "scheduler/Schedule")) assert.equal(inputs["state"], "DISABLED");
    assert.equal(of(own, "backup/Plan").length, 1);
    assert.equal(of(own, "backup/Selection").length + of(own, "backup/RestoreTestingPlan").length, 0);
  });

  it("hands the agent its config, and its secrets by their ARNs alone", async () => {
    const { own } = await usually();
    const definition = one(own, "ecs/TaskDefinition", "agent").inputs;
    const [main] = JSON.parse(definition["containerDefinitions"] as string) as [Container];
    assert.equal(main.image, `${ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop/agent:${version}`);
    assert.deepEqual(
      main.secrets,
      ["DR_REPOSITORY_KEY", "REDIS_URL", "SLACK_WEBHOOK"].map((name) => ({
        name,
        valueFrom: `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:shop/prod/${name}`,
      })),
    );
    assert.deepEqual(
      main.environment.map(({ name }) => name),
      ["DR_AGENT"],
    );
    const config = JSON.parse(main.environment[0]!.value) as Record<string, unknown>;
    assert.deepEqual(config["repositories"], [
      {
        name: "own",
        bucket: `s3:https://s3.eu-central-1.amazonaws.com/shop-prod-backups-${ACCOUNT}`,
        region: "eu-central-1",
      },
    ]);
    assert.deepEqual(
      (config["sources"] as { name: string }[]).map(({ name }) => name),
      ["cache"],
    );
    assert.deepEqual(config["services"], [{ name: "web", url: "https://prod.shop.example.com/health" }]);
    assert.deepEqual(main.entryPoint.slice(0, 2), ["/bin/sh", "-c"]);
  });

  it("lets the agent use its own bucket and key, and nothing else", async () => {
    const { own } = await usually();
    const bucketArn = `arn:aws:s3:::shop-prod-backups-${ACCOUNT}`;
    assert.deepEqual(policyOf(one(own, "iam/RolePolicy", "agent-program")).Statement, [
      { Effect: "Allow", Action: ["s3:ListBucket", "s3:GetBucketLocation"], Resource: bucketArn },
      { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource: `${bucketArn}/*` },
      {
        ...{ Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"] },
        Resource: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-backups`,
      },
    ]);
    for (const role of of(own, "iam/RolePolicy"))
      for (const { Action, Resource } of policyOf(role).Statement) {
        if (Action === "ecr:GetAuthorizationToken") continue; // of no one repository
        for (const word of [Action, Resource].flat()) assert.notEqual(word, "*", role.name);
      }
  });

  it("lets the clock start that task in that cluster, and hand it its own two roles", async () => {
    const { Statement } = policyOf(one((await usually()).own, "iam/RolePolicy", "agent-clock"));
    assert.deepEqual(Statement, [
      {
        ...{ Effect: "Allow", Action: "ecs:RunTask" },
        Resource: `arn:aws:ecs:eu-central-1:${ACCOUNT}:task-definition/shop-prod-agent:*`,
        Condition: { ArnEquals: { "ecs:cluster": `arn:aws:ecs:eu-central-1:${ACCOUNT}:cluster/shop-prod` } },
      },
      {
        ...{ Effect: "Allow", Action: "iam:PassRole" },
        Resource: ["starter", "program"].map((role) => `arn:aws:iam::${ACCOUNT}:role/agent-${role}`),
        Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      },
    ]);
  });

  it("has the plan's images copied to the other region, unless it is told not to", async () => {
    const { own } = await usually();
    const { inputs } = one(own, "ecr/ReplicationConfiguration", "agent-images");
    assert.deepEqual(inputs["replicationConfiguration"], {
      rules: [
        {
          destinations: [{ region: "eu-west-1", registryId: ACCOUNT }],
          repositoryFilters: [{ filter: "shop/", filterType: "PREFIX_MATCH" }],
        },
      ],
    });
    const without = await made(siteArgs(), { sources: [told], copyImages: false });
    assert.equal(of(without.own, "ecr/ReplicationConfiguration").length, 0);
  });

  it("makes neither a vault nor a task where the plan needs none", async () => {
    const agentOnly = (await made(siteArgs(), { sources: [told] })).own;
    assert.equal(agentOnly.filter(({ type }) => type.startsWith("aws:backup/")).length, 0);
    const managedOnly = (await made(siteArgs(), { sources: [managed] })).own;
    assert.equal(managedOnly.filter(({ type }) => /ecs|scheduler|ecr\/repository/.test(type)).length, 0);
  });

  it("says what of the plan nobody protects on aws", async () => {
    const files = entryOf({ engine: "files", paths: ["uploads"], backup: { full: "0 2 * * *" } });
    const dumped = entryOf({
      engine: "postgresql",
      database: "orders",
      backup: { full: "0 2 * * *", dump: "0 4 * * *" },
    });
    const { said } = await made(siteArgs(), {
      sources: [
        { ...managed, entry: dumped },
        { name: "uploads", entry: files },
      ],
    });
    assert.deepEqual(said, [
      "warning: data.orders.backup.dump: no dump is taken on aws; AWS Backup's snapshots and RDS' point-in-time recovery stand for it",
      "warning: data.uploads: no agent runs where these files are on aws; run one there (docs/backups.md), else they are not protected",
    ]);
  });

  it("refuses a foundation without a secret that the agent needs", async () => {
    await assert.rejects(
      record(
        () => new ScheduledBackup("agent", { ...args(siteArgs()), site: founded(siteArgs(), "other", ["REDIS_URL"]) }),
      ),
      {
        message:
          "`site.foundation` must hold the secret DR_REPOSITORY_KEY, which agent is given; got REDIS_URL. Name it among its `secrets`",
      },
    );
  });
});
