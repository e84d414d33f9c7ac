import assert from "node:assert/strict";
import { FailoverRecord, type FailoverRecordArgs } from "../../../components/aws";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { of as resourcesOf } from "./seen";
import { DNS } from "./site";

const args = (change: Partial<FailoverRecordArgs> = {}): FailoverRecordArgs => ({
  ...{ plan: "shop", location: "", sites: ["prod", "dr"], liveSite: "prod", databases: ["orders"], epoch: 3 },
  ...{ zone: DNS.zone, zoneId: DNS.zoneId!, name: DNS.name, ttlSeconds: 30, rtoSeconds: 3600, detectAfterSeconds: 30 },
  ...change,
});
const made = (change?: Partial<FailoverRecordArgs>) => record(() => new FailoverRecord("live-site", args(change)));
type Put = { readonly name: string } & Readonly<Record<string, unknown>>;

/** What the zone gets, by the resource's name and the record's. */
async function recordsOf(change?: Partial<FailoverRecordArgs>): Promise<Put[]> {
  const found = resourcesOf((await made(change)).resources, "route53/Record");
  const records = found.map(({ name, inputs: { zoneId, name: of, ...inputs } }) => {
    assert.equal(zoneId, DNS.zoneId);
    return { name: `${name}: ${of as string}`, ...inputs };
  });
  return records.sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe("aws.FailoverRecord", function () {
  this.timeout(120_000);

  obeysContract(
    "dr:aws:FailoverRecord",
    ["liveSite", "epoch", "nameServer"],
    (name, opts) => new FailoverRecord(name, args(), opts),
  );

  it("answers with the site whose role endpoint says 200, and tells the epoch that it holds then", async () => {
    const standing = (role: "primary" | "secondary") => ({
      ...{ setIdentifier: role, healthCheckId: `live-site-${role}-id` },
      failoverRoutingPolicies: [{ type: role.toUpperCase() }],
    });
    assert.deepEqual(await recordsOf(), [
      {
        ...{
          name: "live-site-authority-primary: _dr.shop.example.com",
          type: "TXT",
          ttl: 30,
          records: ["site=prod epoch=3"],
        },
        ...standing("primary"),
      },
      {
        ...{
          name: "live-site-authority-secondary: _dr.shop.example.com",
          type: "TXT",
          ttl: 30,
          records: ["site=dr epoch=4"],
        },
        ...standing("secondary"),
      },
      {
        ...{ name: "live-site-primary: shop.example.com", type: "CNAME", ttl: 30, records: ["prod.shop.example.com"] },
        ...standing("primary"),
      },
      {
        ...{ name: "live-site-secondary: shop.example.com", type: "CNAME", ttl: 30, records: ["dr.shop.example.com"] },
        ...standing("secondary"),
      },
    ]);
    const { outputs } = await made();
    assert.deepEqual(outputs[0]?.values, { liveSite: "prod", epoch: 3, nameServer: `route53:${DNS.zoneId}` });
  });

  it("asks each site's own role endpoint, over TLS, as often as the plan's times allow", async () => {
    const checks = resourcesOf((await made({ health: "/live" })).resources, "route53/HealthCheck");
    assert.deepEqual(
      checks.map(({ name, inputs: { tags: _, ...inputs } }) => ({ name, ...inputs })),
      ["primary", "secondary"].map((role, index) => ({
        ...{ name: `live-site-${role}`, type: "HTTPS", fqdn: `${["prod", "dr"][index]}.shop.example.com`, port: 443 },
        ...{ resourcePath: "/live", requestInterval: 10, failureThreshold: 3, enableSni: true },
      })),
    );
  });

  it("turns by its values alone when the live site is another: no record is replaced", async () => {
    const who = (records: Awaited<ReturnType<typeof recordsOf>>) =>
      records.map(({ name, setIdentifier, failoverRoutingPolicies }) => ({
        name,
        setIdentifier,
        failoverRoutingPolicies,
      }));
    const [before, after] = [await recordsOf(), await recordsOf({ liveSite: "dr" })];
    assert.deepEqual(who(after), who(before));
    assert.deepEqual(
      after.slice(2).map(({ records }) => records),
      [["dr.shop.example.com"], ["prod.shop.example.com"]],
    );
  });

  it("is one plain record where config switches it", async () => {
    assert.deepEqual(await recordsOf({ mode: "config", liveSite: "dr" }), [
      { name: "live-site-authority: _dr.shop.example.com", type: "TXT", ttl: 30, records: ["site=dr epoch=3"] },
      { name: "live-site: shop.example.com", type: "CNAME", ttl: 30, records: ["dr.shop.example.com"] },
    ]);
    assert.deepEqual(resourcesOf((await made({ mode: "config" })).resources, "route53/HealthCheck"), []);
  });

  it("takes aliases along, and stands at the top of a zone too", async () => {
    const records = await recordsOf({ mode: "config", name: "example.com", aliases: ["www.example.com"] });
    const target = { name: "prod.example.com", zoneId: DNS.zoneId, evaluateTargetHealth: true };
    assert.deepEqual(
      records.filter(({ name }) => !name.includes("_dr")),
      [
        { name: "live-site-www-example-com: www.example.com", type: "CNAME", ttl: 30, records: ["prod.example.com"] },
        { name: "live-site: example.com", type: "A", aliases: [target] },
      ],
    );
  });

  it("is refused without its zone's id, or time to notice a loss", async () => {
    const { zoneId: _, ...unnamed } = args();
    await assert.rejects(
      record(() => new FailoverRecord("live-site", unnamed)),
      { message: "dns.zoneId must be said on aws: Route 53's id of example.com, which a person makes once; got none" },
    );
    await assert.rejects(made({ ttlSeconds: 60, rtoSeconds: 60 }), {
      message:
        "dns.ttl and failover.detectAfter must leave Route 53 10 s to notice a loss within the RTO of 60 s; got 60 s and 30 s",
    });
  });
});
