import * as iam from "@pulumi/aws/iam";
import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { foundationOf } from "./foundation";
import { allow, policy } from "./iam-policy";
import { arnOf, placeOf, tagsOf } from "./place";

/** A bucket for what is found after a breach: versioned, locked, closed. It outlives the stack and the quarantine. */
export function makeEvidenceBucket(
  name: string,
  site: SiteArgs,
  { keepDays, tags }: { readonly keepDays: number; readonly tags: Record<string, string> },
  parent: pulumi.ComponentResource,
): s3.Bucket {
  const { backupKeyArn } = foundationOf(site);
  const here = placeOf(site);
  const { region, account } = here;
  const kept = { parent, retainOnDelete: true };
  // Not protected by Pulumi: to take the quarantine's word out must not fail. The bucket stays, and its lock is S3's own.
  const bucket = new s3.Bucket(name, { region, objectLockEnabled: true, forceDestroy: false, tags }, kept);
  const of = { region, bucket: bucket.bucket };
  const versions = new s3.BucketVersioning(name, { ...of, versioningConfiguration: { status: "Enabled" } }, kept);
  new s3.BucketObjectLockConfiguration(
    name,
    { ...of, rule: { defaultRetention: { mode: "GOVERNANCE", days: keepDays } } },
    { ...kept, dependsOn: [versions] },
  );
  new s3.BucketServerSideEncryptionConfiguration(
    name,
    {
      ...of,
      rules: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: backupKeyArn },
          bucketKeyEnabled: true,
        },
      ],
    },
    kept,
  );
  const closed = new s3.BucketPublicAccessBlock(
    name,
    { ...of, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    kept,
  );
  const logs = { Service: `logs.${region}.amazonaws.com` };
  const ours = { StringEquals: { "aws:SourceAccount": account } };
  new s3.BucketPolicy(
    name,
    {
      ...of,
      // CloudWatch writes here what a person exports: `aws logs create-export-task`.
      policy: bucket.arn.apply((arn) =>
        policy(
          { ...allow("s3:GetBucketAcl", arn, ours), Principal: logs },
          { ...allow("s3:PutObject", `${arn}/*`, ours), Principal: logs },
          {
            ...{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`] },
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ),
      ),
    },
    { ...kept, dependsOn: [closed] },
  );
  return bucket;
}

/** Who reads the evidence while all others are cut off: whom the account lets take this role, with a second factor. */
export function makeAuditor(
  name: string,
  site: SiteArgs,
  bucketArn: pulumi.Output<string>,
  parent: pulumi.ComponentResource,
): iam.Role {
  const { keyArn, backupKeyArn } = foundationOf(site);
  const here = placeOf(site);
  const role = new iam.Role(
    name,
    {
      assumeRolePolicy: policy({
        ...{ Effect: "Allow", Action: "sts:AssumeRole" },
        Principal: { AWS: `arn:${here.partition}:iam::${here.account}:root` },
        Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } },
      }),
      ...{ maxSessionDuration: 4 * 3600, tags: tagsOf(site, name) },
    },
    { parent },
  );
  new iam.RolePolicy(
    name,
    {
      role: role.id,
      policy: pulumi.all([bucketArn, keyArn, backupKeyArn]).apply(([evidence, ...keys]) =>
        policy(
          allow(["s3:ListBucket", "s3:ListBucketVersions"], evidence),
          allow(["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"], `${evidence}/*`),
          allow(["kms:Decrypt", "kms:DescribeKey"], keys),
          allow(
            ["rds:DescribeDBSnapshots", "rds:ListTagsForResource"],
            [
              arnOf(here, "rds", `db:${site.plan}-${site.name}-*`),
              arnOf(here, "rds", `snapshot:${site.plan}-${site.name}-*`),
            ],
          ),
          // Log groups have names of Pulumi's making; they are told by the tags of the plan.
          allow(["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"], arnOf(here, "logs", "log-group:*"), {
            StringEquals: { "aws:ResourceTag/dr:plan": site.plan },
          }),
          allow("logs:GetQueryResults", "*"), // it names a query, not a group
        ),
      ),
    },
    { parent },
  );
  return role;
}
