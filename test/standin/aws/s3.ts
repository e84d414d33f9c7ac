import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  type BucketVersioningStatus,
  type ObjectLockRule,
  type ReplicationRule,
  type ServerSideEncryptionRule,
} from "@aws-sdk/client-s3";
import { perRegion } from "./clients";
import { kind, pascal, tagList, type Inputs, type Kind, type Tags } from "./kind";

const s3 = perRegion((config) => new S3Client({ ...config, forcePathStyle: true }));

interface BucketInputs extends Inputs {
  readonly region: string;
  readonly bucket?: string;
  readonly objectLockEnabled?: boolean;
  readonly tags?: Tags;
}

const tag = ({ region, tags }: BucketInputs, Bucket: string) =>
  s3(region).send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tagList(tags) } }));

export const bucket = kind<BucketInputs>({
  replaceOn: ["region", "bucket", "objectLockEnabled"],
  changes: ["tags", "forceDestroy"],
  async create(inputs, name) {
    const { region, objectLockEnabled } = inputs;
    const Bucket = inputs.bucket ?? `${name}-${randomBytes(4).toString("hex").slice(1)}`;
    const where = { LocationConstraint: region as "us-west-2" };
    await s3(region).send(
      new CreateBucketCommand({
        ...{ Bucket, ObjectLockEnabledForBucket: objectLockEnabled ?? false },
        ...(region === "us-east-1" ? {} : { CreateBucketConfiguration: where }), // that one must not be said
      }),
    );
    await tag(inputs, Bucket);
    return { id: Bucket, learned: { bucket: Bucket, arn: `arn:aws:s3:::${Bucket}` } };
  },
  async update(id, inputs) {
    await tag(inputs, id);
    return { bucket: id, arn: `arn:aws:s3:::${id}` };
  },
});

interface OfBucket extends Inputs {
  readonly region: string;
  readonly bucket: string;
}

/** A setting of a bucket: put again where it changes. */
function setting<In extends OfBucket>(put: (client: S3Client, inputs: In) => Promise<unknown>): Kind {
  return kind<OfBucket>({
    replaceOn: ["region", "bucket"],
    changes: ["role", "rule", "rules", "versioningConfiguration"],
    async create(inputs) {
      await put(s3(inputs.region), inputs as In);
      return { id: inputs.bucket, learned: {} };
    },
    async update(_id, inputs) {
      await put(s3(inputs.region), inputs as In);
      return {};
    },
  });
}

export const versioning = setting<OfBucket & { versioningConfiguration: { status: BucketVersioningStatus } }>(
  (client, { bucket: Bucket, versioningConfiguration: { status: Status } }) =>
    client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } })),
);

export const lock = setting<OfBucket & { rule: unknown }>((client, { bucket: Bucket, rule }) =>
  client.send(
    new PutObjectLockConfigurationCommand({
      ...{ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: pascal(rule) as ObjectLockRule } },
    }),
  ),
);

export const encryption = setting<OfBucket & { rules: unknown }>((client, { bucket: Bucket, rules }) =>
  client.send(
    new PutBucketEncryptionCommand({
      ...{ Bucket, ServerSideEncryptionConfiguration: { Rules: pascal(rules) as ServerSideEncryptionRule[] } },
    }),
  ),
);

export const closed = setting<OfBucket>((client, { region: _region, bucket: Bucket, ...rest }) =>
  client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: pascal(rest) as object })),
);

export const replication = setting<OfBucket & { role: string; rules: unknown }>(
  (client, { bucket: Bucket, role: Role, rules }) =>
    client.send(
      new PutBucketReplicationCommand({
        ...{ Bucket, ReplicationConfiguration: { Role, Rules: pascal(rules) as ReplicationRule[] } },
      }),
    ),
);
