import type { PlanArgs, VaultArgs, VaultLockConfigurationArgs } from "@pulumi/aws/backup";
import type { KeyArgs } from "@pulumi/aws/kms";
import type { InstanceArgs, InstanceAutomatedBackupsReplicationArgs } from "@pulumi/aws/rds";
import type * as s3 from "@pulumi/aws/s3";
import type { TopicArgs } from "@pulumi/aws/sns";
import type { ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import type { VaultArgs as KeyVaultArgs } from "@pulumi/azure-native/keyvault";
import type * as storage from "@pulumi/azure-native/storage";
import type { SecurityGroupIngressRuleArgs } from "@pulumi/aws/vpc";
import type { Resource } from "../../policies/rule";
import { AWS, AZURE } from "../../policies/types";

const urnOf = (type: string, name: string) => `urn:pulumi:prod::shop::${type}::${name}`;

/** A resource as a program that passes `args` asks for it. */
const made =
  <Args extends object>(type: string) =>
  (name: string, args: Args, uses: Resource["uses"] = {}): Resource => ({
    ...{ urn: urnOf(type, name), type, name, protect: true, uses },
    props: args as unknown as Resource["props"],
  });

export const aws = {
  bucket: made<s3.BucketArgs>(AWS.bucket),
  versioning: made<s3.BucketVersioningArgs>(AWS.bucketVersioning),
  replication: made<s3.BucketReplicationConfigArgs>(AWS.bucketReplication),
  lock: made<s3.BucketObjectLockConfigurationArgs>(AWS.bucketLock),
  encryption: made<s3.BucketServerSideEncryptionConfigurationArgs>(AWS.bucketEncryption),
  publicAccess: made<s3.BucketPublicAccessBlockArgs>(AWS.bucketPublicAccess),
  database: made<InstanceArgs>(AWS.database),
  databaseBackups: made<InstanceAutomatedBackupsReplicationArgs>(AWS.databaseBackups),
  vault: made<VaultArgs>(AWS.backupVault),
  vaultLock: made<VaultLockConfigurationArgs>(AWS.backupVaultLock),
  plan: made<PlanArgs>(AWS.backupPlan),
  key: made<KeyArgs>(AWS.key),
  topic: made<TopicArgs>(AWS.topic),
  ingress: made<SecurityGroupIngressRuleArgs>(AWS.ingress),
};
export const azure = {
  account: made<storage.StorageAccountArgs>(AZURE.account),
  blobs: made<storage.BlobServicePropertiesArgs>(AZURE.blobService),
  container: made<storage.BlobContainerArgs>(AZURE.container),
  lock: made<storage.BlobContainerImmutabilityPolicyArgs>(AZURE.containerLock),
  objectReplication: made<storage.ObjectReplicationPolicyArgs>(AZURE.objectReplication),
  server: made<ServerArgs>(AZURE.server),
  keyVault: made<KeyVaultArgs>(AZURE.keyVault),
};

const tags = { "dr:plan": "shop", "dr:site": "prod" };
const bucketAlone = (name: string, bucket: string) => [
  aws.bucket(name, { bucket, objectLockEnabled: true, tags }),
  aws.versioning(name, { bucket, versioningConfiguration: { status: "Enabled" } }),
  aws.lock(name, { bucket, rule: { defaultRetention: { mode: "GOVERNANCE", days: 7 } } }),
  aws.encryption(name, { bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } }] }),
  aws.publicAccess(name, {
    ...{ bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
  }),
];

const databaseArn = "arn:aws:rds:eu-central-1:123456789012:db:shop-prod-orders";
const farVaultArn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:shop-prod-far";

/** A site on AWS that keeps every rule. */
export const awsSite: readonly Resource[] = [
  ...bucketAlone("backups", "shop-prod-backups"),
  ...bucketAlone("backups-copy", "shop-prod-backups-copy"),
  aws.replication("backups", {
    ...{ bucket: "shop-prod-backups", role: "arn:aws:iam::123456789012:role/replication" },
    rules: [{ status: "Enabled", destination: { bucket: "arn:aws:s3:::shop-prod-backups-copy" } }],
  }),
  aws.database("orders", {
    ...{ identifier: "shop-prod-orders", instanceClass: "db.m7g.large", storageEncrypted: true, tags },
    ...{ backupRetentionPeriod: 14, deletionProtection: true, publiclyAccessible: false, skipFinalSnapshot: false },
  }),
  aws.databaseBackups(
    "orders",
    { sourceDbInstanceArn: databaseArn },
    { sourceDbInstanceArn: [urnOf(AWS.database, "orders")] },
  ),
  aws.vault("vault", { name: "shop-prod", kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/1", tags }),
  aws.vaultLock("vault", { backupVaultName: "shop-prod", minRetentionDays: 7 }),
  aws.plan("plan", {
    rules: [{ ruleName: "full", targetVaultName: "shop-prod", copyActions: [{ destinationVaultArn: farVaultArn }] }],
  }),
  aws.key("key", { enableKeyRotation: true, deletionWindowInDays: 30, tags }),
  aws.topic("alerts", { kmsMasterKeyId: "alias/shop-prod" }),
  aws.ingress("web-in", {
    ...{ securityGroupId: "sg-1", ipProtocol: "tcp", cidrIpv4: "0.0.0.0/0", fromPort: 443, toPort: 443 },
  }),
];

/** A site on Azure that keeps every rule. */
export const azureSite: readonly Resource[] = [
  azure.account("backups", {
    ...{ accountName: "shopprodbk", resourceGroupName: "shop-prod", kind: "StorageV2", tags },
    ...{ sku: { name: "Standard_RAGZRS" }, allowBlobPublicAccess: false, minimumTlsVersion: "TLS1_2" },
  }),
  azure.blobs("backups", {
    ...{ accountName: "shopprodbk", resourceGroupName: "shop-prod", isVersioningEnabled: true },
    deleteRetentionPolicy: { enabled: true, days: 30 },
  }),
  azure.container("backups", {
    ...{ accountName: "shopprodbk", resourceGroupName: "shop-prod", containerName: "backups" },
  }),
  azure.lock(
    "backups",
    {
      ...{ accountName: "shopprodbk", resourceGroupName: "shop-prod", containerName: "backups" },
      immutabilityPeriodSinceCreationInDays: 7,
    },
    { containerName: [urnOf(AZURE.container, "backups")] },
  ),
  azure.server("orders", {
    ...{ serverName: "shop-prod-orders", resourceGroupName: "shop-prod", tags },
    ...{ backup: { backupRetentionDays: 14, geoRedundantBackup: "Enabled" } },
    network: { publicNetworkAccess: "Disabled" },
  }),
  azure.keyVault("keys", {
    ...{ resourceGroupName: "shop-prod", vaultName: "shop-prod-kv", tags },
    properties: {
      ...{ tenantId: "00000000-0000-0000-0000-000000000000", sku: { family: "A", name: "standard" } },
      enablePurgeProtection: true,
    },
  }),
];
