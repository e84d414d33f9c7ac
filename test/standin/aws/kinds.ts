import type { Kind } from "./kind";

/** The types that are made by real calls. An SDK is loaded when the first of its types is met. */
export const real: Readonly<Record<string, () => Promise<Kind>>> = {
  "aws:backup/vault:Vault": async () => (await import("./backup")).vault,
  "aws:backup/vaultLockConfiguration:VaultLockConfiguration": async () => (await import("./backup")).vaultLock,
  "aws:kms/key:Key": async () => (await import("./kms")).key,
  "aws:kms/replicaKey:ReplicaKey": async () => (await import("./kms")).replicaKey,
  "aws:rds/instance:Instance": async () => (await import("./rds")).instance,
  "aws:rds/parameterGroup:ParameterGroup": async () => (await import("./rds")).parameterGroup,
  "aws:route53/healthCheck:HealthCheck": async () => (await import("./route53")).healthCheck,
  "aws:route53/record:Record": async () => (await import("./route53")).record,
  "aws:s3/bucket:Bucket": async () => (await import("./s3")).bucket,
  "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": async () => (await import("./s3")).lock,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": async () => (await import("./s3")).closed,
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": async () => (await import("./s3")).replication,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": async () =>
    (await import("./s3")).encryption,
  "aws:s3/bucketVersioning:BucketVersioning": async () => (await import("./s3")).versioning,
};
