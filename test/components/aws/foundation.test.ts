import assert from "node:assert/strict";
import { Foundation, foundationOf } from "../../../components/aws";
import type { SiteArgs } from "../../../components/contract";
import { obeysContract } from "../../contract";
import { record, type Recorded } from "../../helpers/record";
import { kept, of, one } from "./seen";
import { ACCOUNT, DNS, drSite, siteArgs } from "./site";

const args = (site: SiteArgs = siteArgs()) => ({ site, dns: DNS, secrets: ["STRIPE_KEY"] });
const made = async (site?: SiteArgs) => (await record(() => new Foundation("site", args(site)))).resources.slice(1);
const inputs = (...[resources, kind, name]: Parameters<typeof one>) => one(resources, kind, name).inputs;

describe("aws.Foundation", function () {
  this.timeout(120_000);
  obeysContract(
    "dr:aws:Foundation",
    [
      ...["vpcId", "publicSubnetIds", "privateSubnetIds", "appSecurityGroupId", "dataSecurityGroupId", "keyArn"],
      ...["backupKeyArn", "farBackupKeyArn", "secretArns", "clusterArn", "certificateArn", "zoneId"],
    ],
    (name, opts) => new Foundation(name, args(), opts),
  );

  it("spreads over three zones by their ids, which mean the same in every account", async () => {
    const subnets = of(await made(), "ec2/Subnet");
    assert.deepEqual(
      subnets.map(({ name, inputs: { availabilityZoneId, cidrBlock } }) => [name, availabilityZoneId, cidrBlock]),
      [
        ["site-public-1", "euc1-az1", "10.20.128.0/24"],
        ["site-private-1", "euc1-az1", "10.20.0.0/20"],
        ["site-public-2", "euc1-az2", "10.20.129.0/24"],
        ["site-private-2", "euc1-az2", "10.20.16.0/20"],
        ["site-public-3", "euc1-az3", "10.20.130.0/24"],
        ["site-private-3", "euc1-az3", "10.20.32.0/20"],
      ],
    );
    assert.equal(of(await made(), "ec2/NatGateway").length, 3, "no zone needs another's way out");
  });

  it("gives the sites networks that do not overlap", async () => {
    assert.equal(inputs(await made(drSite()), "ec2/Vpc", "site-vpc").cidrBlock, "10.21.0.0/16");
  });

  it("makes the same on standby: a recovery makes none of it", async () => {
    const who = (resources: readonly Recorded[]) => resources.map(({ type, name }) => `${type} ${name}`);
    assert.deepEqual(who(await made(drSite())), who(await made(drSite({ activation: "active" }))));
  });

  it("lets databases be reached by services and the agent only", async () => {
    const rules = of(await made(), "vpc/SecurityGroupIngressRule");
    assert.deepEqual(
      rules.map(({ name, inputs: { securityGroupId, referencedSecurityGroupId, fromPort, toPort } }) => ({
        ...{ name, securityGroupId, referencedSecurityGroupId, fromPort, toPort },
      })),
      [
        {
          ...{ name: "site-data", securityGroupId: "site-data-id", referencedSecurityGroupId: "site-app-id" },
          ...{ fromPort: 5432, toPort: 5432 },
        },
        {
          ...{ name: "site-endpoints", securityGroupId: "site-endpoints-id", referencedSecurityGroupId: "site-app-id" },
          ...{ fromPort: 443, toPort: 443 },
        },
      ],
    );
    const { ingress, egress } = inputs(await made(), "ec2/DefaultSecurityGroup", "site-default");
    assert.deepEqual([ingress, egress], [[], []]);
  });

  it("keeps a key for data here, and one for backups that opens the copy in the other region too", async () => {
    const resources = await made();
    const data = one(resources, "kms/Key", "site-data");
    const { policy, tags, ...rest } = data.inputs;
    assert.deepEqual(rest, {
      ...{ region: "eu-central-1", description: "data of shop at prod" },
      ...{ enableKeyRotation: true, rotationPeriodInDays: 90, deletionWindowInDays: 30 },
    });
    assert.deepEqual(tags, { Name: "shop-prod-data", "dr:plan": "shop", "dr:site": "prod" });
    assert.ok(String(policy).includes(`arn:aws:iam::${ACCOUNT}:root`));
    const { Statement } = JSON.parse(policy as string) as { Statement: { Sid: string; Condition?: object }[] };
    // EventBridge names no account when it uses an encrypted topic's key; all others must.
    assert.deepEqual(
      Statement.filter(({ Condition }) => Condition === undefined).map(({ Sid }) => Sid),
      ["Account", "Events"],
    );
    assert.equal(inputs(resources, "kms/Key", "site-backups").multiRegion, true);
    const { region, primaryKeyArn } = inputs(resources, "kms/ReplicaKey", "site-backups-copy");
    assert.deepEqual([region, primaryKeyArn], ["eu-west-1", `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-backups`]);
  });

  it("names its keys so that the other site finds them", async () => {
    assert.deepEqual(
      of(await made(), "kms/Alias").map(({ inputs: { region, name, targetKeyId } }) => [region, name, targetKeyId]),
      [
        ["eu-central-1", "alias/shop-prod-data", "site-data"],
        ["eu-central-1", "alias/shop-prod-backups", "site-backups"],
        ["eu-west-1", "alias/shop-prod-backups", "site-backups-copy"],
      ],
    );
  });

  it("keeps keys, secrets and flow logs when the stack is destroyed, and guards what is here", async () => {
    assert.deepEqual(kept(await made()).sort(), [
      "cloudwatch/LogGroup site-flows [retained]",
      "kms/Alias site-backups [retained]",
      "kms/Alias site-backups-copy-name [retained]",
      "kms/Alias site-data [retained]",
      "kms/Key site-backups [retained] [guarded]",
      "kms/Key site-data [retained] [guarded]",
      "kms/ReplicaKey site-backups-copy [retained]",
      "route53/Record site [retained]",
      "route53/Record site-prod-shop-example-com [retained]",
      "secretsmanager/Secret site-STRIPE_KEY [retained] [guarded]",
    ]);
  });

  it("makes an empty secret with a replica at the other site, and no value of it", async () => {
    const resources = await made();
    const { tags, ...rest } = inputs(resources, "secretsmanager/Secret", "site-STRIPE_KEY");
    assert.deepEqual(rest, {
      ...{ region: "eu-central-1", name: "shop/prod/STRIPE_KEY", description: "Its value is put by a person" },
      ...{ kmsKeyId: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/site-data`, recoveryWindowInDays: 30 },
      replicas: [{ region: "eu-west-1", kmsKeyId: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/site-backups-copy` }],
    });
    assert.ok(tags);
    assert.deepEqual(of(resources, "secretsmanager/SecretVersion"), []);
  });

  it("names nothing in the region of a site that is lost, and leaves secrets' replicas as they are", async () => {
    const resources = await made(drSite({ activation: "active", lost: "prod" }));
    assert.ok(!JSON.stringify(resources).includes("eu-central-1"));
    assert.deepEqual(one(resources, "secretsmanager/Secret", "site-STRIPE_KEY").ignored, ["replicas"]);
  });

  it("is refused without what it must be told", async () => {
    const sites = (change: object) => ({
      ...siteArgs().sites,
      dr: { platform: "aws" as const, region: "eu-west-1", ...change },
    });
    await assert.rejects(made(siteArgs({ sites: sites({}) })), {
      message:
        "sites.dr.account must be said on aws: the ARNs of one site are known to the other by it; got none. Add the 12 digits, in quotes",
    });
    await assert.rejects(made(siteArgs({ sites: sites({ account: "999999999999" }) })), {
      message: `sites.dr.account must be that of prod (${ACCOUNT}): keys and replicas do not cross accounts; got 999999999999`,
    });
    await assert.rejects(made(siteArgs({ sites: { ...siteArgs().sites, dr: { platform: "local" } } })), {
      message: "sites.dr.platform must be aws, to be reached from prod; got local",
    });
    const { zoneId: _, ...unnamed } = DNS;
    await assert.rejects(
      record(() => new Foundation("site", { ...args(), dns: unnamed })),
      { message: "dns.zoneId must be said on aws: Route 53's id of example.com, which a person makes once; got none" },
    );
    await assert.rejects(
      record(() => new Foundation("site", { ...args(), dns: { ...DNS, aliases: ["shop.example.net"] } })),
      {
        message:
          "dns.aliases must lie in dns.zone (example.com) on aws, where their certificate is proven; got shop.example.net",
      },
    );
    await assert.rejects(
      record(() => new Foundation("site", { ...args(), zones: ["euc1-az1"] })),
      { message: "`zones` must be two or more, for a load balancer and a database need them; got euc1-az1" },
    );
    assert.throws(() => foundationOf(siteArgs()), {
      message:
        "`site.foundation` must be the aws Foundation of prod: make it first, and give it to the site's other components",
    });
  });
});
