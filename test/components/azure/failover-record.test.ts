import assert from "node:assert/strict";
import { FailoverRecord } from "../../../components/azure";
import { probing, type FailoverRecordArgs } from "../../../components/azure/failover-record";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { childrenOf, DR_SUBSCRIPTION, one, siteArgs, subscriptionOf } from "./site";

const args: FailoverRecordArgs = {
  ...{ plan: "shop", location: "eastus", sites: ["prod", "dr"], places: siteArgs().sites, liveSite: "prod" },
  ...{ zone: "example.com", name: "www.example.com", ttlSeconds: 30, databases: ["orders"] },
  aliases: ["api.example.com"],
};
const made = (change: Partial<FailoverRecordArgs> = {}) =>
  record(() => new FailoverRecord("live-site", { ...args, ...change }));
const self = "dr:azure:FailoverRecord live-site";
const endpointsOf = async (change?: Partial<FailoverRecordArgs>) =>
  (
    one((await made(change)).resources, "trafficmanager:Profile", "live-site").inputs.endpoints as Record<
      string,
      unknown
    >[]
  ).map(({ name, priority, endpointStatus, alwaysServe, target }) => ({
    name,
    priority,
    endpointStatus,
    alwaysServe,
    target,
  }));

describe("azure.FailoverRecord", function () {
  this.timeout(600_000);
  obeysContract(
    "dr:azure:FailoverRecord",
    ["liveSite", "epoch", "nameServer"],
    (name, opts) => new FailoverRecord(name, args, opts),
  );

  it("is a name, its aliases and the authority beside it, in the zone that outlives the first site", async () => {
    const { resources, outputs } = await made();
    assert.deepEqual(childrenOf(resources, self).sort(), [
      ...["dns:RecordSet live-site", "dns:RecordSet live-site-api", "dns:RecordSet live-site-authority"],
      ...["pulumi:providers:azure-native live-site", "trafficmanager:Profile live-site"],
    ]);
    const inZone = { resourceGroupName: "shop-dns", zoneName: "example.com", ttl: 30 };
    const cnameRecord = { cname: "www-example-com.trafficmanager.net" };
    const name = one(resources, "dns:RecordSet", "live-site");
    assert.deepEqual(name.inputs, { ...inZone, recordType: "CNAME", relativeRecordSetName: "www", cnameRecord });
    assert.deepEqual(one(resources, "dns:RecordSet", "live-site-api").inputs, {
      ...{ ...inZone, recordType: "CNAME", relativeRecordSetName: "api", cnameRecord },
    });
    assert.deepEqual(one(resources, "dns:RecordSet", "live-site-authority").inputs, {
      ...{ ...inZone, recordType: "TXT", relativeRecordSetName: "_dr.www" },
      txtRecords: [{ value: ["site=prod epoch=1"] }],
    });
    assert.ok(name.dependsOn.includes("azure-native:dns:RecordSet live-site-authority"), "authority first");
    assert.equal(subscriptionOf(resources, name), DR_SUBSCRIPTION);
    assert.deepEqual(outputs[0]?.values, { liveSite: "prod", epoch: 1, nameServer: cnameRecord.cname });
  });

  it("enables the live site's endpoint alone: of several that are unwell Traffic Manager answers with all", async () => {
    const endpoint = (name: string, priority: number, endpointStatus: string) => ({
      ...{ name, priority, endpointStatus, alwaysServe: "Disabled", target: `www-${name}.example.com` },
    });
    assert.deepEqual(await endpointsOf(), [endpoint("prod", 1, "Enabled"), endpoint("dr", 2, "Disabled")]);
    assert.deepEqual(await endpointsOf({ liveSite: "dr" }), [
      endpoint("prod", 1, "Disabled"),
      endpoint("dr", 2, "Enabled"),
    ]);
  });

  it("asks the live site by its failover name, as clients do", async () => {
    const { inputs } = one((await made({ health: "/healthz" })).resources, "trafficmanager:Profile", "live-site");
    assert.deepEqual(inputs.monitorConfig, {
      ...{ protocol: "HTTPS", port: 443, path: "/healthz", intervalInSeconds: 10, timeoutInSeconds: 5 },
      ...{ toleratedNumberOfFailures: 2, customHeaders: [{ name: "host", value: "www.example.com" }] },
    });
  });

  it("says the epoch of the promotion", async () =>
    assert.deepEqual(
      one((await made({ liveSite: "dr", epoch: 4 })).resources, "dns:RecordSet", "live-site-authority").inputs
        .txtRecords,
      [{ value: ["site=dr epoch=4"] }],
    ));

  it("leads straight to the live site without Traffic Manager", async () => {
    const { resources } = await made({ watched: false, liveSite: "dr" });
    assert.deepEqual(one(resources, "dns:RecordSet", "live-site").inputs.cnameRecord, { cname: "www-dr.example.com" });
    assert.equal(
      childrenOf(resources, self).some((child) => child.startsWith("trafficmanager")),
      false,
    );
  });

  for (const [detectAfter, intervalInSeconds, toleratedNumberOfFailures] of [
    [10, 10, 0],
    [30, 10, 2],
    [60, 30, 1],
    [300, 30, 9],
    [3600, 30, 9],
  ] as const)
    it(`sees a site lost within ${detectAfter} s, or as late as Azure lets it`, () => {
      const { timeoutInSeconds: _, ...rest } = probing(detectAfter);
      assert.deepEqual(rest, { intervalInSeconds, toleratedNumberOfFailures });
    });

  for (const [what, change, message] of [
    ["a site that the plan has not", { liveSite: "far" }, "`liveSite` must be one of prod, dr; got far"],
    [
      "the zone's own name",
      { name: "example.com" },
      "dns.name must be a name below example.com on azure, such as www.example.com: its record is a CNAME; got example.com",
    ],
    [
      "an alias of another zone",
      { aliases: ["api.other.com"] },
      "dns.aliases must be a name below example.com on azure, such as www.example.com: its record is a CNAME; got api.other.com",
    ],
  ] as const)
    it(`refuses ${what}`, () => assert.rejects(made(change), { message }));
});
