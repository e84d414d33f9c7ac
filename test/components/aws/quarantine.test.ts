import assert from "node:assert/strict";
import { Quarantine, Service, type QuarantineArgs } from "../../../components/aws";
import { tagValue } from "../../../components/aws/quarantine";
import type { SiteArgs } from "../../../components/contract";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { byName, database, planOf } from "./plan";
import { kept, of, one } from "./seen";
import { ACCOUNT, drSite, founded, siteArgs } from "./site";

const { breach } = planOf();
const REASON = "INC-42: stolen key (see #incidents)";
const args = (site: SiteArgs, name = "", change: Partial<QuarantineArgs> = {}): QuarantineArgs => ({
  ...{ site: founded(site, name), reason: REASON, breach, databases: { orders: database }, services: {}, ...change },
});
async function made(site: SiteArgs = siteArgs(), change: Partial<QuarantineArgs> = {}, preview = false) {
  const { resources } = await record(
    () => {
      const all = args(site, "", change);
      const web = { site: all.site, health: "/health", image: "web:1", databases: [], public: true };
      new Quarantine("quarantine", { ...all, services: { web: new Service("web", web) } });
    },
    { preview },
  );
  return resources.filter(({ parent }) => parent === "dr:aws:Quarantine quarantine");
}
let usual: ReturnType<typeof made> | undefined;
const usually = () => (usual ??= made());

describe("aws.Quarantine", function () {
  this.timeout(120_000);

  obeysContract(
    "dr:aws:Quarantine",
    ["evidenceBucket", "auditorRoleArn"],
    (name, opts) => new Quarantine(name, args(siteArgs(), name), opts),
  );

  it("lets nothing in or out of any subnet", async () => {
    const { inputs, retained } = one(await usually(), "ec2/NetworkAcl", "quarantine-deny");
    const subnets = ["public", "private"].flatMap((kind) => [1, 2, 3].map((nth) => `site-${kind}-${nth}-id`));
    assert.deepEqual([inputs["subnetIds"], inputs["ingress"], inputs["egress"]], [subnets, [], []]);
    assert.equal(retained, false, "undone when the word is taken out");
  });

  for (const preview of [false, true])
    it(`cuts off, keeps a snapshot, and only then takes the roles' rights${preview ? " (preview)" : ""}`, async () => {
      const own = preview ? await made(siteArgs(), {}, true) : await usually();
      const snapshot = one(own, "rds/Snapshot", "quarantine-orders");
      assert.ok(snapshot.dependsOn.includes("aws:ec2/networkAcl:NetworkAcl quarantine-deny"));
      const denied = byName(of(own, "iam/RolePolicy")).filter(({ name }) => name.startsWith("quarantine-web-"));
      assert.deepEqual(
        denied.map(({ name }) => name),
        ["quarantine-web-program", "quarantine-web-starter"],
      );
      for (const { inputs, dependsOn, retained } of denied) {
        assert.deepEqual(JSON.parse(inputs["policy"] as string), {
          Version: "2012-10-17",
          Statement: [{ Sid: "Quarantine", Effect: "Deny", Action: "*", Resource: "*" }],
        });
        for (const first of [
          ...["aws:ec2/networkAcl:NetworkAcl quarantine-deny", "aws:rds/snapshot:Snapshot quarantine-orders"],
          ...["aws:s3/bucket:Bucket quarantine-evidence", "aws:iam/role:Role quarantine-auditor"],
        ])
          assert.ok(dependsOn.includes(first), first);
        assert.equal(retained, false);
      }
    });

  it("names a snapshot by the reason, so that another breach takes another and leaves this one", async () => {
    const identifier = (own: Awaited<typeof usual> & object) =>
      one(own, "rds/Snapshot", "quarantine-orders").inputs["dbSnapshotIdentifier"];
    const first = identifier(await usually());
    assert.match(String(first), /^shop-prod-orders-evidence-[0-9a-f]{8}$/);
    assert.notEqual(identifier(await made(siteArgs(), { reason: "INC-43" })), first);
  });

  it("keeps the evidence when it is undone, locked for a year", async () => {
    const own = await usually();
    assert.deepEqual(kept(own).toSorted(), [
      ...["rds/Snapshot quarantine-orders [retained]", "s3/Bucket quarantine-evidence [retained]"],
      ...[
        "ObjectLockConfiguration",
        "Policy",
        "PublicAccessBlock",
        "ServerSideEncryptionConfiguration",
        "Versioning",
      ].map((part) => `s3/Bucket${part} quarantine-evidence [retained]`),
    ]);
    assert.equal(one(own, "s3/Bucket", "quarantine-evidence").inputs["objectLockEnabled"], true);
    const { rule } = one(own, "s3/BucketObjectLockConfiguration", "quarantine-evidence").inputs;
    assert.deepEqual(rule, { defaultRetention: { mode: "GOVERNANCE", days: 365 } });
  });

  it("leaves the keys alone and lets an auditor with a second factor read what they encrypt", async () => {
    const own = await usually();
    assert.ok(!own.some(({ type }) => type.startsWith("aws:kms/")));
    const role = one(own, "iam/Role", "quarantine-auditor").inputs["assumeRolePolicy"] as string;
    const [who] = (JSON.parse(role) as { Statement: { Principal: unknown; Condition: unknown }[] }).Statement;
    assert.deepEqual(who?.Principal, { AWS: `arn:aws:iam::${ACCOUNT}:root` });
    assert.deepEqual(who?.Condition, { Bool: { "aws:MultiFactorAuthPresent": "true" } });
    const may = JSON.parse(one(own, "iam/RolePolicy", "quarantine-auditor").inputs["policy"] as string) as {
      Statement: { Action: string | string[]; Resource: string | string[] }[];
    };
    const key = (name: string) => `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-${name}`;
    const decrypt = may.Statement.find(({ Action }) => Action.includes("kms:Decrypt"));
    assert.deepEqual(decrypt?.Resource, [key("data"), key("backups")]);
    for (const { Action } of may.Statement)
      for (const action of [Action].flat()) assert.doesNotMatch(action, /:(?:Put|Delete|Create|Modify)|\*/);
  });

  it("takes no snapshot where the plan does not ask for one", async () => {
    const own = await made(siteArgs(), { breach: { ...breach, preserve: ["logs"] } });
    assert.equal(of(own, "rds/Snapshot").length, 0);
  });

  it("says why on all that it keeps, in words that a tag takes", async () => {
    const { tags } = one(await usually(), "rds/Snapshot", "quarantine-orders").inputs as {
      tags: Record<string, string>;
    };
    assert.equal(tags["dr:quarantine"], "INC-42: stolen key  see  incidents");
    assert.equal(tagValue("x".repeat(300)).length, 256);
  });

  it("names nothing of a region that is lost", async () => {
    const own = await made(drSite({ activation: "active", lost: "prod" }));
    assert.doesNotMatch(JSON.stringify(own), /eu-central-1|shop-prod/);
  });
});
