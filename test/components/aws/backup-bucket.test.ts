import assert from "node:assert/strict";
import { BackupBucket, type BackupBucketArgs } from "../../../components/aws";
import type { SiteArgs } from "../../../components/contract";
import type { Retention } from "../../../plan";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { kept, of, one } from "./seen";
import { ACCOUNT, drSite, founded, siteArgs } from "./site";

const OWN = `shop-prod-backups-${ACCOUNT}`;
const COPY = `shop-prod-backups-copy-${ACCOUNT}`;
const KEY = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-backups`;
const COPY_KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/site-backups-copy`;
const STORAGE = { versioning: true, softDelete: 30 * 86_400, immutable: 7 * 86_400 } as BackupBucketArgs["storage"] &
  object;

async function made(site: SiteArgs = siteArgs(), args: Partial<BackupBucketArgs> = {}, preview = false) {
  const recording = await record(() => new BackupBucket("backups", { site: founded(site), ...args }), { preview });
  const own = recording.resources.filter(({ parent }) => parent === "dr:aws:BackupBucket backups");
  const outputs = recording.outputs.find(({ of: whose }) => whose === "dr:aws:BackupBucket backups")?.values;
  return { own, outputs };
}

describe("aws.BackupBucket", function () {
  this.timeout(120_000);

  obeysContract(
    "dr:aws:BackupBucket",
    ["locations"],
    (name, opts) => new BackupBucket(name, { site: founded(siteArgs(), name) }, opts),
  );

  it("makes a bucket here and a copy in the other region, under names that no other account has", async () => {
    const { own, outputs } = await made();
    assert.deepEqual(
      of(own, "s3/Bucket").map(({ name, inputs: { tags: _, ...inputs } }) => ({ name, inputs })),
      [
        {
          name: "backups",
          inputs: { region: "eu-central-1", bucket: OWN, objectLockEnabled: true, forceDestroy: false },
        },
        {
          name: "backups-copy",
          inputs: { region: "eu-west-1", bucket: COPY, objectLockEnabled: true, forceDestroy: false },
        },
      ],
    );
    assert.deepEqual(outputs, {
      locations: [`s3:https://s3.eu-central-1.amazonaws.com/${OWN}`, `s3:https://s3.eu-west-1.amazonaws.com/${COPY}`],
    });
  });

  for (const preview of [false, true])
    it(`switches replication on once both ends keep versions${preview ? " (preview)" : ""}`, async () => {
      const { own } = await made(siteArgs(), {}, preview);
      const { dependsOn } = one(own, "s3/BucketReplicationConfig", "backups-replication");
      for (const needed of ["backups-versions", "backups-copy-versions"])
        assert.ok(dependsOn.includes(`aws:s3/bucketVersioning:BucketVersioning ${needed}`), needed);
      assert.ok(dependsOn.includes("aws:iam/rolePolicy:RolePolicy backups-copier"));
    });

  it("replicates everything within 15 minutes, under the copy's key, and measures it", async () => {
    const { own } = await made();
    assert.deepEqual(one(own, "s3/BucketReplicationConfig", "backups-replication").inputs, {
      ...{ region: "eu-central-1", bucket: OWN, role: "arn:aws:iam::111122223333:role/backups-copier" },
      rules: [
        {
          ...{ id: "all", status: "Enabled", priority: 1, filter: { prefix: "" } },
          deleteMarkerReplication: { status: "Enabled" },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
          destination: {
            ...{ bucket: `arn:aws:s3:::${COPY}`, storageClass: "STANDARD" },
            encryptionConfiguration: { replicaKmsKeyId: COPY_KEY },
            replicationTime: { status: "Enabled", time: { minutes: 15 } },
            metrics: { status: "Enabled", eventThreshold: { minutes: 15 } },
          },
        },
      ],
    });
  });

  it("gives S3 no more than the copy needs", async () => {
    const { own } = await made();
    const { policy } = one(own, "iam/RolePolicy", "backups-copier").inputs;
    const { Statement } = JSON.parse(policy as string) as { Statement: { Action: string[]; Resource: string }[] };
    assert.deepEqual(
      Statement.map(({ Resource, Action }) => [Resource, Action.some((action) => action.includes("*"))]),
      [
        [`arn:aws:s3:::${OWN}`, false],
        [`arn:aws:s3:::${OWN}/*`, false],
        [`arn:aws:s3:::${COPY}/*`, false],
        [KEY, false],
        [COPY_KEY, false],
      ],
    );
  });

  it("closes both ends to the public, to other keys, and to what is not TLS", async () => {
    const { own } = await made();
    for (const end of ["backups", "backups-copy"]) {
      const { region: _, bucket: __, ...closed } = one(own, "s3/BucketPublicAccessBlock", `${end}-closed`).inputs;
      assert.deepEqual(closed, {
        ...{ blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      });
      const { rules } = one(own, "s3/BucketServerSideEncryptionConfiguration", `${end}-encryption`).inputs;
      const key = end === "backups" ? KEY : COPY_KEY;
      assert.deepEqual(rules, [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key },
          bucketKeyEnabled: true,
        },
      ]);
      const { policy } = one(own, "s3/BucketPolicy", `${end}-policy`).inputs;
      const { Statement } = JSON.parse(policy as string) as { Statement: { Sid: string; Effect: string }[] };
      assert.deepEqual(
        Statement.map(({ Sid, Effect }) => `${Effect} ${Sid}`),
        ["Deny WithoutTls", "Deny OldTls", "Deny OtherEncryption", "Deny OtherKey", "Deny Unlock"],
      );
      assert.ok(String(policy).includes(key));
    }
  });

  it("locks what is written for the plan's time: governance, unless compliance is spelt out", async () => {
    const locks = async (args: Partial<BackupBucketArgs>) =>
      of((await made(siteArgs(), args)).own, "s3/BucketObjectLockConfiguration").map(({ name, inputs: { rule } }) => [
        name,
        (rule as { defaultRetention: object }).defaultRetention,
      ]);
    const both = (retention: object) => [
      ["backups-lock", retention],
      ["backups-copy-lock", retention],
    ];
    assert.deepEqual(await locks({}), both({ mode: "GOVERNANCE", days: 7 }));
    assert.deepEqual(
      await locks({ lock: "compliance", storage: { ...STORAGE, immutable: 30 * 86_400 } }),
      both({ mode: "COMPLIANCE", days: 30 }),
    );
    assert.deepEqual(await locks({ storage: { ...STORAGE, immutable: 0 } }), []);
  });

  it("never deletes a current object by age, and keeps what was deleted as long as the plan says", async () => {
    const rulesOf = async (retentions: readonly Retention[]) =>
      one(
        (await made(siteArgs(), { storage: STORAGE, retentions })).own,
        "s3/BucketLifecycleConfiguration",
        "backups-lifecycle",
      ).inputs.rules;
    const versions = {
      ...{ id: "versions", status: "Enabled", filter: {}, noncurrentVersionExpiration: { noncurrentDays: 30 } },
      ...{
        expiration: { expiredObjectDeleteMarker: true },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    };
    const retention: Retention = { ...{ last: 0, daily: 7, weekly: 4, monthly: 0, yearly: 0 } };
    assert.deepEqual(await rulesOf([retention]), [versions]);
    assert.deepEqual(await rulesOf([retention, { ...retention, monthly: 12 }]), [
      versions,
      { id: "tiers", status: "Enabled", filter: {}, transitions: [{ days: 30, storageClass: "INTELLIGENT_TIERING" }] },
    ]);
  });

  it("keeps both ends and their settings when the stack is destroyed", async () => {
    const { own } = await made();
    const settings = ["Versioning versions", "PublicAccessBlock closed", "OwnershipControls owner"];
    const more = ["ServerSideEncryptionConfiguration encryption", "ObjectLockConfiguration lock"];
    const rest = ["LifecycleConfiguration lifecycle", "Policy policy"];
    const end = (name: string, guarded: string) => [
      `s3/Bucket ${name} [retained]${guarded}`,
      ...[...settings, ...more, ...rest].map((setting) => {
        const [kind, suffix] = setting.split(" ");
        return `s3/Bucket${kind} ${name}-${suffix} [retained]`;
      }),
    ];
    assert.deepEqual(
      kept(own).sort(),
      [
        ...end("backups", " [guarded]"),
        ...end("backups-copy", ""),
        ...["iam/RolePolicy backups-copier [retained]", "s3/BucketReplicationConfig backups-replication [retained]"],
      ].sort(),
    );
  });

  it("leaves the far end out while the other region is lost, and stops nothing by it", async () => {
    const { own, outputs } = await made(drSite({ activation: "active", lost: "prod" }));
    assert.ok(!JSON.stringify(own).includes("eu-central-1"));
    assert.deepEqual(outputs, { locations: [`s3:https://s3.eu-west-1.amazonaws.com/shop-dr-backups-${ACCOUNT}`] });
    const before = (await made(drSite())).own;
    const gone = before.filter(({ type, name }) => !own.some((one) => one.type === type && one.name === name));
    assert.ok(gone.length > 0);
    assert.deepEqual(
      gone.filter(({ retained, guarded }) => !retained || guarded),
      [],
      "what leaves the stack is neither deleted nor guarded against leaving",
    );
  });

  it("adopts the copy that is there still when the other region is back", async () => {
    const { own } = await made(siteArgs({ adopt: { "backups-copy": COPY } }));
    assert.equal(one(own, "s3/Bucket", "backups-copy").adopted, COPY);
    assert.deepEqual(own.filter(({ adopted }) => adopted).length, 1);
  });

  it("refuses a plan without versions, and a site without a foundation", async () => {
    await assert.rejects(made(siteArgs(), { storage: { ...STORAGE, versioning: false } }), {
      message:
        "storage.versioning must be true on aws: neither replication nor a lock works without versions; got false",
    });
    await assert.rejects(
      record(() => new BackupBucket("backups", { site: siteArgs() })),
      /`site.foundation` must be the aws Foundation of prod/,
    );
  });
});
