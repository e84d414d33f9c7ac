/** Pulumi's tokens of what the rules speak of. */
export const AWS = {
  bucket: "aws:s3/bucket:Bucket",
  bucketEncryption: "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  bucketLock: "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
  bucketPublicAccess: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  bucketReplication: "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
  bucketVersioning: "aws:s3/bucketVersioning:BucketVersioning",
  database: "aws:rds/instance:Instance",
  databaseCluster: "aws:rds/cluster:Cluster",
  databaseBackups: "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
  backupPlan: "aws:backup/plan:Plan",
  backupVault: "aws:backup/vault:Vault",
  backupVaultLock: "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
  key: "aws:kms/key:Key",
  replicaKey: "aws:kms/replicaKey:ReplicaKey",
  ingress: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  securityGroup: "aws:ec2/securityGroup:SecurityGroup",
  topic: "aws:sns/topic:Topic",
} as const;

export const AZURE = {
  account: "azure-native:storage:StorageAccount",
  blobService: "azure-native:storage:BlobServiceProperties",
  container: "azure-native:storage:BlobContainer",
  containerLock: "azure-native:storage:BlobContainerImmutabilityPolicy",
  objectReplication: "azure-native:storage:ObjectReplicationPolicy",
  server: "azure-native:dbforpostgresql:Server",
  keyVault: "azure-native:keyvault:Vault",
} as const;

/** Azure's tokens may carry a version of its API: `azure-native:storage/v20240101:StorageAccount`, `azure-native_storage_v20240101:storage:StorageAccount`. */
export function plainType(token: string): string {
  const [, module, type] = /^azure-native(?:_\w+)?:(\w+)(?:\/v\w+)?:(\w+)$/.exec(token) ?? [];
  return module && type ? `azure-native:${module}:${type}` : token;
}
