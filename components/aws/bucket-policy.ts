/**
 * Who may do what with a bucket of backups, beside what IAM lets: nothing without TLS, nothing written under another key,
 * and nobody takes an object's lock away. To lift that last one takes a change of this policy, which is seen.
 */
export function bucketPolicy(bucketArn: string, keyArn: string): string {
  const deny = (Sid: string, Action: string | readonly string[], Resource: readonly string[], Condition?: object) => ({
    ...{ Sid, Effect: "Deny", Principal: "*", Action, Resource },
    ...(Condition ? { Condition } : {}),
  });
  const objects = `${bucketArn}/*`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      deny("WithoutTls", "s3:*", [bucketArn, objects], { Bool: { "aws:SecureTransport": "false" } }),
      deny("OldTls", "s3:*", [bucketArn, objects], { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
      // Without the header the bucket's own encryption holds.
      deny("OtherEncryption", "s3:PutObject", [objects], {
        Null: { "s3:x-amz-server-side-encryption": "false" },
        StringNotEquals: { "s3:x-amz-server-side-encryption": "aws:kms" },
      }),
      deny("OtherKey", "s3:PutObject", [objects], {
        Null: { "s3:x-amz-server-side-encryption-aws-kms-key-id": "false" },
        StringNotEquals: { "s3:x-amz-server-side-encryption-aws-kms-key-id": keyArn },
      }),
      deny("Unlock", "s3:BypassGovernanceRetention", [objects]),
    ],
  });
}

/** What S3 needs to copy each version to the other region, and to encrypt it there. */
export function replicationPolicy(from: BucketEnd, to: BucketEnd): string {
  const allow = (Action: readonly string[], Resource: string, Condition?: object) => ({
    ...{ Effect: "Allow", Action, Resource },
    ...(Condition ? { Condition } : {}),
  });
  const byS3 = ({ region }: BucketEnd) => ({ StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], from.bucketArn),
      allow(
        [
          ...["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
          ...["s3:GetObjectRetention", "s3:GetObjectLegalHold"],
        ],
        `${from.bucketArn}/*`,
      ),
      allow(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], `${to.bucketArn}/*`),
      allow(["kms:Decrypt"], from.keyArn, byS3(from)),
      allow(["kms:Encrypt", "kms:GenerateDataKey"], to.keyArn, byS3(to)),
    ],
  });
}

/** One end of a replication. */
export interface BucketEnd {
  readonly region: string;
  readonly bucketArn: string;
  readonly keyArn: string;
}

/** @param bucketArn The only bucket for which S3 may take the role. */
export const replicationMayAssume = (bucketArn: string, account: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        ...{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "s3.amazonaws.com" } },
        Condition: { StringEquals: { "aws:SourceAccount": account }, ArnLike: { "aws:SourceArn": bucketArn } },
      },
    ],
  });
