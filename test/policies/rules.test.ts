import assert from "node:assert/strict";
import { UNKNOWN, type Resource, type Rule } from "../../policies/rule";
import { RULES } from "../../policies/rules";
import { AWS, AZURE, plainType } from "../../policies/types";
import { aws, awsSite, azure, azureSite } from "./stack";

const named = (name: string) => RULES.find((rule) => rule.name === name)!;
const messages = (rule: Rule, resources: readonly Resource[], settings = {}) =>
  rule.violations(resources, { ...rule.defaults, ...settings }).map(({ message }) => message);

type Change = Partial<Omit<Resource, "props">> & { readonly props?: object };
const change = (site: readonly Resource[], type: string, name: string, { props, ...change }: Change) =>
  site.map((one) =>
    one.type === type && one.name === name ? { ...one, ...change, props: { ...one.props, ...props } } : one,
  );
const drop = (site: readonly Resource[], type: string, name: string) =>
  site.filter((one) => one.type !== type || one.name !== name);

describe("policies", () => {
  for (const rule of RULES) {
    it(`${rule.name}: sites on AWS and Azure that keep it pass`, () => {
      assert.deepEqual(messages(rule, awsSite), []);
      assert.deepEqual(messages(rule, azureSite), []);
    });
    it(`${rule.name}: a value that a preview cannot know is no violation`, () => {
      const unknown = (site: readonly Resource[]) =>
        site.map((one) => ({
          ...one,
          props: Object.fromEntries(
            Object.entries(one.props).map(([key, value]) => [
              key,
              /^(bucket|accountName|containerName|backupVaultName|name|identifier)$/.test(key) ? value : UNKNOWN,
            ]),
          ),
        }));
      assert.deepEqual(messages(rule, unknown(awsSite)), []);
      assert.deepEqual(messages(rule, unknown(azureSite)), []);
    });
    it(`${rule.name}: a stack without such resources passes`, () => assert.deepEqual(messages(rule, []), []));
  }

  const cases: [rule: string, of: readonly Resource[], message: string][] = [
    [
      "versioning",
      change(awsSite, AWS.bucketVersioning, "backups", { props: { versioningConfiguration: { status: "Suspended" } } }),
      'backups must keep versions; got "Suspended". Add a BucketVersioning with status "Enabled"',
    ],
    [
      "versioning",
      drop(awsSite, AWS.bucketVersioning, "backups-copy"),
      'backups-copy must keep versions; got nothing. Add a BucketVersioning with status "Enabled"',
    ],
    [
      "versioning",
      change(azureSite, AZURE.blobService, "backups", { props: { isVersioningEnabled: false } }),
      "backups must keep versions; got false. Add BlobServiceProperties with isVersioningEnabled: true",
    ],
    [
      "versioning",
      change(azureSite, AZURE.blobService, "backups", { props: { deleteRetentionPolicy: { enabled: true, days: 1 } } }),
      "backups must bring deleted blobs back for 7 days or more; got 1. Set deleteRetentionPolicy: { enabled: true, days: 7 }",
    ],
    [
      "replication",
      drop(drop(awsSite, AWS.bucketReplication, "backups"), AWS.bucket, "backups-copy"),
      "backups must be copied to another region, or be such a copy; got neither. Add a BucketReplicationConfig with an enabled rule",
    ],
    [
      "replication",
      drop(
        change(awsSite, AWS.bucketReplication, "backups", { props: { rules: [{ status: "Disabled" }] } }),
        AWS.bucket,
        "backups-copy",
      ),
      "backups must be copied to another region, or be such a copy; got neither. Add a BucketReplicationConfig with an enabled rule",
    ],
    [
      "replication",
      change(azureSite, AZURE.account, "backups", { props: { sku: { name: "Standard_ZRS" } } }),
      'backups must be copied to another region; got "Standard_ZRS". Set sku.name to Standard_GZRS or Standard_RAGZRS, or add an ObjectReplicationPolicy',
    ],
    [
      "object-lock",
      change(awsSite, AWS.bucket, "backups", { props: { objectLockEnabled: false } }),
      "backups must lock what is written; got objectLockEnabled: false. Set it to true",
    ],
    [
      "object-lock",
      drop(awsSite, AWS.bucketLock, "backups"),
      "backups must lock what is written for 7 days or more; got nothing. Add a BucketObjectLockConfiguration",
    ],
    [
      "object-lock",
      drop(awsSite, AWS.backupVaultLock, "vault"),
      "vault must keep recovery points for 7 days or more; got nothing. Add a VaultLockConfiguration with minRetentionDays",
    ],
    [
      "object-lock",
      drop(azureSite, AZURE.containerLock, "backups"),
      "backups must lock what is written for 7 days or more; got nothing. Add a BlobContainerImmutabilityPolicy, or immutableStorageWithVersioning on its account",
    ],
    [
      "point-in-time-recovery",
      change(awsSite, AWS.database, "orders", { props: { backupRetentionPeriod: 1 } }),
      "orders must be restorable to any moment of 7 days or more; got 1. Set backupRetentionPeriod: 7",
    ],
    [
      "point-in-time-recovery",
      change(azureSite, AZURE.server, "orders", { props: { backup: {} } }),
      "orders must be restorable to any moment of 7 days or more; got nothing. Set backup.backupRetentionDays: 7",
    ],
    [
      "other-region",
      drop(awsSite, AWS.databaseBackups, "orders"),
      "orders must be in another region, too; got neither a replica nor replicated backups. Add an InstanceAutomatedBackupsReplication there",
    ],
    [
      "other-region",
      change(awsSite, AWS.backupPlan, "plan", {
        props: { rules: [{ ruleName: "full", targetVaultName: "shop-prod" }] },
      }),
      'plan must copy each recovery point to another region; got "full" without a copy. Add copyActions to it',
    ],
    [
      "other-region",
      change(azureSite, AZURE.server, "orders", { props: { backup: { backupRetentionDays: 14 } } }),
      'orders must be in another region, too; got nothing. Set backup.geoRedundantBackup: "Enabled", which is only possible when it is made, or add a replica',
    ],
    [
      "protection",
      change(awsSite, AWS.database, "orders", { protect: false }),
      "orders must be protected, because it holds data; got protect: false. Add the resource option protect: true",
    ],
    [
      "protection",
      change(awsSite, AWS.database, "orders", { props: { deletionProtection: undefined } }),
      "orders must refuse to be deleted; got deletionProtection: nothing. Set deletionProtection: true",
    ],
    [
      "protection",
      change(awsSite, AWS.database, "orders", { props: { skipFinalSnapshot: true } }),
      "orders must leave a last snapshot; got skipFinalSnapshot: true. Set skipFinalSnapshot: false",
    ],
    [
      "protection",
      change(awsSite, AWS.bucket, "backups", { props: { forceDestroy: true } }),
      "backups must not be deleted with what is in it; got forceDestroy: true. Set forceDestroy: false",
    ],
    [
      "protection",
      change(awsSite, AWS.key, "key", { props: { deletionWindowInDays: 7 } }),
      "key must wait 30 days before it is deleted; got deletionWindowInDays: 7. Set deletionWindowInDays: 30",
    ],
    [
      "protection",
      change(azureSite, AZURE.keyVault, "keys", { props: { properties: {} } }),
      "keys must refuse to be purged; got properties.enablePurgeProtection: nothing. Set properties.enablePurgeProtection: true",
    ],
    [
      "public-access",
      change(awsSite, AWS.bucketPublicAccess, "backups", { props: { blockPublicPolicy: false } }),
      "backups must refuse all public access; got blockPublicPolicy not set. Add a BucketPublicAccessBlock with all four",
    ],
    [
      "public-access",
      change(awsSite, AWS.database, "orders", { props: { publiclyAccessible: true } }),
      "orders must have no public address; got publiclyAccessible: true. Set it to false",
    ],
    [
      "public-access",
      change(awsSite, AWS.ingress, "web-in", { props: { fromPort: 5432, toPort: 5432 } }),
      "web-in must open no port but 80, 443 to everybody; got 5432 to 5432. Name who may come",
    ],
    [
      "public-access",
      change(awsSite, AWS.ingress, "web-in", { props: { ipProtocol: "-1", fromPort: undefined, toPort: undefined } }),
      "web-in must open no port but 80, 443 to everybody; got all. Name who may come",
    ],
    [
      "public-access",
      change(azureSite, AZURE.account, "backups", { props: { allowBlobPublicAccess: undefined } }),
      "backups must refuse public access to blobs; got allowBlobPublicAccess: nothing. Set it to false",
    ],
    [
      "public-access",
      change(azureSite, AZURE.server, "orders", { props: { network: { publicNetworkAccess: "Enabled" } } }),
      'orders must have no public address; got "Enabled". Set network.publicNetworkAccess: "Disabled", or give it a subnet',
    ],
    [
      "encryption",
      change(awsSite, AWS.database, "orders", { props: { storageEncrypted: false } }),
      "orders must be encrypted; got storageEncrypted: false. Set it when it is made: it cannot be changed later",
    ],
    [
      "encryption",
      drop(awsSite, AWS.bucketEncryption, "backups"),
      "backups must say how it is encrypted; got nothing. Add a BucketServerSideEncryptionConfiguration",
    ],
    [
      "encryption",
      change(awsSite, AWS.backupVault, "vault", { props: { kmsKeyArn: undefined } }),
      "vault must be encrypted by a key of yours; got kmsKeyArn: nothing. Name one: a copy in another account needs it",
    ],
    [
      "encryption",
      change(awsSite, AWS.key, "key", { props: { enableKeyRotation: false } }),
      "key must be rotated; got enableKeyRotation: false. Set it to true",
    ],
    [
      "encryption",
      change(awsSite, AWS.topic, "alerts", { props: { kmsMasterKeyId: undefined } }),
      "alerts must be encrypted; got kmsMasterKeyId: nothing. Name a key that CloudWatch may use",
    ],
    [
      "encryption",
      change(azureSite, AZURE.account, "backups", { props: { minimumTlsVersion: "TLS1_0" } }),
      'backups must refuse TLS before 1.2; got minimumTlsVersion: "TLS1_0". Set it to "TLS1_2"',
    ],
    [
      "encryption",
      change(azureSite, AZURE.account, "backups", { props: { enableHttpsTrafficOnly: false } }),
      "backups must refuse plain HTTP; got enableHttpsTrafficOnly: false. Set it to true",
    ],
    [
      "tags",
      change(azureSite, AZURE.server, "orders", { props: { tags: { "dr:plan": "shop" } } }),
      "orders must have the tags dr:plan, dr:site; got no dr:site. Add them, or the provider's defaultTags",
    ],
  ];
  for (const [rule, resources, message] of cases)
    it(`${rule}: ${message}`, () => assert.deepEqual(messages(named(rule), resources), [message]));

  it("are judged by the thresholds that a project sets", () => {
    const rule = named("point-in-time-recovery");
    assert.deepEqual(messages(rule, awsSite, { days: 14 }), []);
    assert.deepEqual(messages(rule, awsSite, { days: 15 }), [
      "orders must be restorable to any moment of 15 days or more; got 14. Set backupRetentionPeriod: 15",
    ]);
    assert.deepEqual(messages(named("public-access"), awsSite, { ports: [80] }).length, 1);
    assert.deepEqual(messages(named("tags"), awsSite, { required: ["owner"] }).length, 5);
  });

  it("leave out what a project exempts by name, and no more", () => {
    const rule = named("versioning");
    const site = [aws.bucket("web-logs", { bucket: "logs" }), aws.bucket("web-logs-2", { bucket: "logs-2" })];
    assert.equal(messages(rule, site).length, 2);
    assert.equal(messages(rule, site, { exempt: ["*-logs"] }).length, 1);
    assert.equal(messages(rule, site, { exempt: ["web*"] }).length, 0);
    assert.equal(messages(rule, site, { exempt: ["web.logs"] }).length, 2);
  });

  it("find a database's copy where another resource uses its outputs, or names it", () => {
    const [orders] = awsSite.filter(({ type }) => type === AWS.database);
    const replica = aws.database(
      "orders-replica",
      { instanceClass: "db.m7g.large" },
      { replicateSourceDb: [orders!.urn] },
    );
    assert.deepEqual(
      messages(named("other-region"), [orders!, { ...replica, props: { replicateSourceDb: UNKNOWN } }]),
      [],
    );
    assert.deepEqual(
      messages(named("other-region"), [
        orders!,
        { ...replica, uses: {}, props: { replicateSourceDb: "shop-prod-orders" } },
      ]),
      [],
    );
    const arn = "arn:aws:rds:eu-central-1:123456789012:db:shop-prod-";
    const copied = (sourceDbInstanceArn: string) =>
      messages(named("other-region"), [orders!, aws.databaseBackups("orders", { sourceDbInstanceArn })]);
    assert.deepEqual(copied(`${arn}orders`), [], "by its ARN, which a preview does not know of it");
    assert.equal(copied(`${arn}carts`).length, 1);
    const copy = azure.objectReplication("backups", {
      ...{ accountName: "shopprodbk", resourceGroupName: "shop-prod" },
      ...{ sourceAccount: "shopprodbk", destinationAccount: "shopdrbk" },
    });
    const site = change(azureSite, AZURE.account, "backups", { props: { sku: { name: "Standard_ZRS" } } });
    assert.deepEqual(messages(named("replication"), [...site, copy]), []);
  });

  it("know Azure's types with and without a version of its API", () => {
    for (const token of [
      "azure-native:storage:StorageAccount",
      "azure-native:storage/v20240101:StorageAccount",
      "azure-native_storage_v20240101:storage:StorageAccount",
    ])
      assert.equal(plainType(token), AZURE.account);
    assert.equal(plainType(AWS.bucket), AWS.bucket);
  });
});
