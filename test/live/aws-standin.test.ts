import assert from "node:assert/strict";
import { GLOBAL, openDoors, RECORDED, type Doors } from "../standin/aws/doors";
import { startMoto, type Moto } from "../standin/aws/moto";
import { askMoto, type Oracle } from "../standin/aws/oracle";
import { makeAwsProject, type AwsProject } from "../standin/aws/project";

const PROD = "us-east-1";
const DR = "us-west-2";
const ACCOUNT = "123456789012";
const STACKS = ["prod", "dr", "dns"];
const PASSWORD = "canary-5e1f-of-the-database";
const LOCK = ["Enabled", "GOVERNANCE", 7];

/** Real `pulumi up`s of AIgentable's plan. What answers is moto, and not AWS: docs/aws.md says what that shows. */
describe("AWS sites on a stand-in for its API", function () {
  this.timeout(600_000);
  let moto: Moto | undefined;
  let doors: Doors | undefined;
  let at: AwsProject | undefined;
  let oracle: Oracle;
  let zone: string;

  before(async function () {
    moto = await startMoto(this);
    doors = await openDoors(moto.url, [PROD, DR]);
    oracle = await askMoto(moto.url);
    zone = await oracle.makeZone("aigentable.test");
    at = makeAwsProject("aigentable", doors.addresses, (plan) => plan.replace("Z0123456789ABCDEFGHIJ", zone));
    await at.makeStacks(STACKS, { "dr:databasePassword": PASSWORD });
  });

  after(() => {
    doors?.close();
    moto?.stop();
    at?.remove();
  });

  it("each stack comes up by itself, and says how little of AWS it saw", async () => {
    const up = async (stack: string) => {
      const said = await at!.up(stack);
      assert.match(said, /a stand-in for AWS: \d+ types are made by calls to moto, \d+ are only recorded/);
      const made = at!.state(stack).filter(({ outputs }) => outputs.standIn.madeBy === "moto").length;
      console.log(
        `      ${stack}: ${made} resources made by calls to moto, ${at!.state(stack).length - made} only recorded`,
      );
    };
    await up("prod"); // RDS makes no replica of what is not there
    await Promise.all([up("dr"), up("dns")]);
    assert.deepEqual(doors!.refused(), []);
  });

  it("a second up of each changes nothing, and asks nothing but who it is", async () => {
    const before = doors!.asked.length;
    const said = await Promise.all(STACKS.map((stack) => at!.up(stack)));
    for (const [index, stack] of STACKS.entries())
      assert.match(said[index]!, new RegExp(`Resources:\\n +${at!.resources(stack)} unchanged\\n`), stack);
    assert.deepEqual(
      doors!.asked
        .slice(before)
        .map(({ door, what }) => `${door} ${what}`)
        .sort(),
      [`${PROD} sts GetCallerIdentity`, `${DR} sts GetCallerIdentity`, `${DR} sts GetCallerIdentity`],
    );
  });

  it("backups are versioned and locked at both ends, and copied to the other region under its key", async () => {
    for (const site of ["prod", "dr"]) {
      const [own, copy] = [`aigentable-${site}-backups-${ACCOUNT}`, `aigentable-${site}-backups-copy-${ACCOUNT}`];
      for (const end of [own, copy]) {
        const { versioning, lock } = await oracle.bucket(end);
        assert.deepEqual({ versioning, lock }, { versioning: "Enabled", lock: LOCK }, end);
      }
      const { key } = await oracle.bucket(copy);
      assert.match(key!, new RegExp(`^arn:aws:kms:${site === "prod" ? DR : PROD}:${ACCOUNT}:key/mrk-`));
      assert.deepEqual(await oracle.replication(own), [{ status: "Enabled", to: `arn:aws:s3:::${copy}`, key }]);
    }
  });

  it("prod's database is a writer, and dr's follows it", async () => {
    const [prod, dr] = await Promise.all(SITES.map(({ region, id }) => oracle.instance(region, id)));
    assert.equal(prod!.source, undefined);
    assert.equal(dr!.source, `arn:aws:rds:${PROD}:${ACCOUNT}:db:aigentable-prod-postgres`);
    for (const one of [prod!, dr!])
      assert.deepEqual([one.deletionProtection, one.keptDays], [true, 7], "kept, and copied to by backups");
  });

  it("vaults are locked at both ends", async () => {
    for (const region of [PROD, DR])
      for (const vault of [region === PROD ? "prod" : "dr", region === PROD ? "dr-copy" : "prod-copy"]) {
        const { locked, days } = await oracle.vault(region, `aigentable-${vault}`);
        assert.deepEqual({ locked, days }, { locked: true, days: 7 }, vault);
      }
  });

  it("prod stands first in the zone, and each record follows its own site's health", async () => {
    assert.deepEqual(await oracle.failover(zone), failoverTo("prod", "dr", 1));
  });

  it("prod's region is lost: one promotion in dr's region, and no call to what is gone, recovers", async () => {
    const held = await oracle.holders([PROD, DR]);
    const before = at!.state("dr");
    doors!.lose(PROD);
    doors!.lose(GLOBAL); // Route 53's and IAM's control planes are in that region
    await assert.rejects(fetch(doors!.addresses.regions[PROD]!), "nobody is answered there");
    await assert.rejects(fetch(doors!.addresses.global), "nor there");
    const knocked = doors!.asked.length;
    assert.deepEqual(
      doors!.asked.slice(-2),
      [PROD, GLOBAL].map((door) => ({ door, what: "nobody GET /" })),
    );

    const said = await at!.up("dr", "--config", "dr:activation=active", "--config", "dr:siteIsLost=prod");
    const asked = doors!.asked.slice(knocked);
    assert.deepEqual(new Set(asked.map(({ door }) => door)), new Set([DR]), "no other door was knocked at");
    assert.deepEqual(
      asked.map(({ what }) => what).filter((what) => !what.startsWith(RECORDED)),
      ["sts GetCallerIdentity", "rds PromoteReadReplica", "rds DescribeDBInstances"],
    );
    assert.doesNotMatch(said, /replaced/);
    assert.equal((await oracle.instance(DR, "aigentable-dr-postgres")).source, undefined, "dr's database is a writer");

    assert.deepEqual(await oracle.holders([PROD, DR]), held, "nothing that holds data went away or is new");
    const [was, is] = [before, at!.state("dr")].map((state) =>
      state
        .filter(holdsData)
        .map(({ urn, id }) => `${urn} ${id}`)
        .sort(),
    );
    const left = was!.filter((one) => !is!.includes(one));
    assert.deepEqual(
      is,
      was!.filter((one) => is!.includes(one)),
      "no other one took its place",
    );
    assert.deepEqual(left.map(nameOf).sort(), ["agent-vault-copy", "backups-copy", "site-backups-copy"]);
  });

  it("the dns stack then puts dr first, with prod's region still gone", async () => {
    doors!.open(GLOBAL);
    const before = doors!.asked.length;
    await at!.up("dns", "--config", "dr:liveSite=dr", "--config", "dr:epoch=2");
    assert.deepEqual(await oracle.failover(zone), failoverTo("dr", "prod", 2));
    assert.deepEqual(
      doors!.asked.slice(before).filter(({ door, what }) => door === PROD || what.includes("DELETE")),
      [],
    );
  });

  it("no state holds the password in the clear", () => {
    for (const stack of ["prod", "dr"]) assert.match(at!.stateText(stack), /"secretStringWo": ?\{/, "it is there");
    for (const stack of STACKS) assert.ok(!at!.stateText(stack).includes(PASSWORD), stack);
  });
});

const SITES = [
  { region: PROD, id: "aigentable-prod-postgres" },
  { region: DR, id: "aigentable-dr-postgres" },
];

const failoverTo = (first: string, second: string, epoch: number) => [
  ...rolesOf("PRIMARY", first, epoch),
  ...rolesOf("SECONDARY", second, epoch + 1),
];

function rolesOf(role: string, site: string, epoch: number): readonly string[] {
  const name = `${site}.app.aigentable.test`;
  return [
    `${role} CNAME app.aigentable.test. -> ${name} while ${name}`,
    `${role} TXT _dr.app.aigentable.test. -> "site=${site} epoch=${epoch}" while ${name}`,
  ];
}

const holdsData = ({ type }: { readonly type: string }) => /:(Bucket|Instance|Key|ReplicaKey|Vault)$/.test(type);
const nameOf = (urnAndId: string) => urnAndId.split(" ")[0]!.split("::").pop()!;
