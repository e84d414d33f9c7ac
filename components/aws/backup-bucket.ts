import * as iam from "@pulumi/aws/iam";
import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { bucketPolicy, replicationMayAssume, replicationPolicy } from "./bucket-policy";
import { foundationOf } from "./foundation";
import { lifecycleOf, STORAGE } from "./lifecycle";
import { bucketCopyOf, bucketOf, farEnd, peerOf, placeOf, tagsOf } from "./place";

export interface BackupBucketArgs extends contract.BackupBucketArgs {
  /**
   * How an object is kept from change for the plan's `storage.immutable`. `governance`: the bucket's policy can be changed by an
   * administrator, who then can delete. `compliance`: nobody can, not the account's root nor AWS; a wrong time can't be made
   * shorter, and what is stored is paid for until it ends.
   * @default "governance"
   */
  readonly lock?: "governance" | "compliance";
}

/** S3 has no bucket of a plan without it: a copy to the other region needs versions. */
const NEEDS_VERSIONS =
  "storage.versioning must be true on aws: neither replication nor a lock works without versions; got false";

/**
 * A bucket for backups in the site's region, and its copy in the other's: versioned, locked, encrypted by the multi-region key,
 * reached over TLS only, replicated within 15 minutes and measured. Both outlive the stack.
 *
 * Who reads it is written down by the account's CloudTrail (data events of S3): a trail is the account's, not a site's.
 */
export class BackupBucket extends pulumi.ComponentResource implements contract.BackupBucket {
  readonly locations: pulumi.Output<string[]>;

  constructor(name: string, args: BackupBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:BackupBucket", name, args, opts);
    const { site, storage = STORAGE, retentions = [], lock = "governance" } = args;
    const foundation = foundationOf(site);
    const here = placeOf(site);
    const far = peerOf(site);
    if (!storage.versioning) throw new pulumi.ResourceError(NEEDS_VERSIONS, this, true);

    const lifecycle = lifecycleOf(storage, retentions);
    const lockDays = Math.ceil(storage.immutable / 86_400);
    const end = (
      part: string,
      { region, bucket: physical, keyArn }: { region: string; bucket: string; keyArn: pulumi.Output<string> },
      optionsOf: (name: string) => pulumi.CustomResourceOptions,
    ) => {
      const named = (setting: string) => [`${part}-${setting}`, optionsOf(`${part}-${setting}`)] as const;
      const own = optionsOf(part);
      const made = new s3.Bucket(
        part,
        {
          // Never deleted with what is in it. Locks can be switched on for a bucket only when it is made.
          ...{ region, bucket: physical, objectLockEnabled: true, forceDestroy: false },
          tags: tagsOf(site, part),
        },
        { ...own, protect: part === name },
      );
      const of = { region, bucket: made.bucket };
      const setting = <Args>(
        Kind: new (name: string, args: Args, opts: pulumi.CustomResourceOptions) => pulumi.CustomResource,
        what: string,
        rest: Omit<Args, "region" | "bucket">,
        dependsOn: pulumi.CustomResource[] = [],
      ) => {
        const [childName, options] = named(what);
        return new Kind(childName, { ...of, ...rest } as Args, { ...options, dependsOn });
      };

      const versions = setting(s3.BucketVersioning, "versions", { versioningConfiguration: { status: "Enabled" } });
      const closed = setting(s3.BucketPublicAccessBlock, "closed", {
        ...{ blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      });
      setting(s3.BucketOwnershipControls, "owner", { rule: { objectOwnership: "BucketOwnerEnforced" } });
      setting(s3.BucketServerSideEncryptionConfiguration, "encryption", {
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: keyArn },
            bucketKeyEnabled: true,
          },
        ],
      });
      if (lockDays > 0)
        setting(
          s3.BucketObjectLockConfiguration,
          "lock",
          { rule: { defaultRetention: { mode: lock.toUpperCase(), days: lockDays } } },
          [versions],
        );
      setting(s3.BucketLifecycleConfiguration, "lifecycle", { rules: lifecycle }, [versions]);
      const policy = pulumi.all([made.arn, keyArn]).apply(([arn, key]) => bucketPolicy(arn, key));
      setting(s3.BucketPolicy, "policy", { policy }, [closed]);
      return { made, versions, keyArn, region };
    };

    const own = end(
      name,
      { region: here.region, bucket: bucketOf(site.plan, here), keyArn: foundation.backupKeyArn },
      () => ({ parent: this, retainOnDelete: true }),
    );
    const farKeyArn = foundation.farBackupKeyArn;
    const copy =
      far && farKeyArn
        ? end(
            `${name}-copy`,
            { region: far.region, bucket: bucketCopyOf(site.plan, here), keyArn: farKeyArn },
            (part) => farEnd(site, this, part),
          )
        : undefined;
    // It stays when the far end is left out: IAM may be out of reach just then.
    const copier = new iam.Role(
      `${name}-copier`,
      {
        assumeRolePolicy: own.made.arn.apply((arn) => replicationMayAssume(arn, here.account)),
        tags: tagsOf(site, `${name}-copier`),
      },
      { parent: this },
    );
    if (copy) replicate(this, name, { from: own, to: copy, copier });

    this.locations = pulumi.all(
      [own, ...(copy ? [copy] : [])].map(
        ({ made, region }) => pulumi.interpolate`s3:https://s3.${region}.amazonaws.com/${made.bucket}`,
      ),
    );
    this.registerOutputs({ locations: this.locations });
  }
}

type End = { made: s3.Bucket; versions: pulumi.CustomResource; keyArn: pulumi.Output<string>; region: string };

function replicate(
  parent: pulumi.ComponentResource,
  name: string,
  { from, to, copier }: { from: End; to: End; copier: iam.Role },
): void {
  const retained = { parent, retainOnDelete: true };
  const allowed = new iam.RolePolicy(
    `${name}-copier`,
    {
      ...{ name: "copy", role: copier.id },
      policy: pulumi
        .all([from.made.arn, from.keyArn, to.made.arn, to.keyArn])
        .apply(([fromArn, fromKey, toArn, toKey]) =>
          replicationPolicy(
            { region: from.region, bucketArn: fromArn, keyArn: fromKey },
            { region: to.region, bucketArn: toArn, keyArn: toKey },
          ),
        ),
    },
    retained,
  );
  new s3.BucketReplicationConfig(
    `${name}-replication`,
    {
      ...{ region: from.region, bucket: from.made.bucket, role: copier.arn },
      rules: [
        {
          ...{ id: "all", status: "Enabled", priority: 1, filter: { prefix: "" } },
          // What the agent lets go of is let go of in the copy too, else the copy is no repository; every version stays for
          // the plan's softDelete at both ends, and deletions of versions are never replicated.
          deleteMarkerReplication: { status: "Enabled" },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
          destination: {
            ...{
              bucket: to.made.arn,
              storageClass: "STANDARD",
              encryptionConfiguration: { replicaKmsKeyId: to.keyArn },
            },
            replicationTime: { status: "Enabled", time: { minutes: 15 } },
            metrics: { status: "Enabled", eventThreshold: { minutes: 15 } },
          },
        },
      ],
    },
    // S3 takes it only when both ends keep versions. It stays when its far end is left out: S3 goes on when that is back.
    { ...retained, dependsOn: [from.versions, to.versions, allowed] },
  );
}
