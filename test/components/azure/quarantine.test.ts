import assert from "node:assert/strict";
import { Database, Quarantine } from "../../../components/azure";
import type { BackupBucket, SiteArgs } from "../../../components/contract";
import { obeysContract } from "../../contract";
import { record } from "../../helpers/record";
import { childrenOf, drSite, founded, one, recordOnce, siteArgs } from "./site";

const breach = { preserve: ["logs", "snapshots"], rotate: [], notify: [] } as const;
const common = { reason: "a stranger's key was used", breach, services: {} };
function cutOff(site: SiteArgs, preserve: readonly ("logs" | "snapshots")[]) {
  const database = {
    bucket: {} as BackupBucket,
    database: "orders",
    replica: "streaming",
    failoverName: "www.example.com",
  } as const;
  const orders = new Database("orders", { ...database, site });
  return new Quarantine("quarantine", { ...common, site, databases: { orders }, breach: { ...breach, preserve } });
}
const once = recordOnce();
const made = async (site: SiteArgs = siteArgs(), preserve: readonly ("logs" | "snapshots")[] = breach.preserve) =>
  (await once([site, preserve], () => record(() => cutOff(founded(site), preserve)))).resources;
const self = "dr:azure:Quarantine quarantine";

describe("azure.Quarantine", function () {
  this.timeout(600_000);
  obeysContract(
    "dr:azure:Quarantine",
    [],
    (name, opts) => new Quarantine(name, { ...common, site: founded(siteArgs()), databases: {} }, opts),
  );

  it("denies all, in and out, in every network of the site, before any other rule, and only once evidence is kept", async () => {
    const resources = await made();
    const rules = resources.filter(({ type, parent }) => type.endsWith(":SecurityRule") && parent === self);
    assert.deepEqual(
      rules.map(({ inputs: i }) => [i.networkSecurityGroupName, i.direction, i.priority, i.access, i.protocol]).sort(),
      [
        ["shop-prod-apps", "Inbound", 100, "Deny", "*"],
        ["shop-prod-apps", "Outbound", 100, "Deny", "*"],
        ["shop-prod-data", "Inbound", 100, "Deny", "*"],
        ["shop-prod-data", "Outbound", 100, "Deny", "*"],
      ],
    );
    for (const { inputs, dependsOn } of rules) {
      const everything = ["sourceAddressPrefix", "sourcePortRange", "destinationAddressPrefix", "destinationPortRange"];
      assert.deepEqual(
        everything.map((field) => inputs[field]),
        ["*", "*", "*", "*"],
      );
      for (const first of [
        "dbforpostgresql:BackupsAutomaticAndOnDemand quarantine-orders",
        ...["storage:BlobContainerLegalHold quarantine-hold", "operationalinsights:DataExport quarantine-logs"],
      ])
        assert.ok(dependsOn.includes(`azure-native:${first}`), first);
    }
  });

  it("keeps evidence under a legal hold, whatever becomes of the stack", async () => {
    const resources = await made();
    for (const [type, name] of [
      ["storage:StorageAccount", "quarantine-evidence"],
      ["storage:BlobContainer", "quarantine-evidence"],
    ] as const) {
      const { retained, guarded } = one(resources, type, name);
      assert.deepEqual([retained, guarded], [true, true], type);
    }
    const hold = one(resources, "storage:BlobContainerLegalHold", "quarantine-hold");
    assert.deepEqual(hold.inputs, {
      ...{ resourceGroupName: "shop-prod", accountName: "shopprodev", containerName: "evidence", tags: ["breach"] },
      allowProtectedAppendWritesAll: true,
    });
    assert.equal(hold.retained, true);
    assert.equal(one(resources, "dbforpostgresql:BackupsAutomaticAndOnDemand", "quarantine-orders").retained, true);
    const { allowSharedKeyAccess, allowBlobPublicAccess, minimumTlsVersion, networkRuleSet, tags } = one(
      ...([resources, "storage:StorageAccount", "quarantine-evidence"] as const),
    ).inputs;
    assert.deepEqual(
      { allowSharedKeyAccess, allowBlobPublicAccess, minimumTlsVersion, networkRuleSet, tags },
      {
        ...{ allowSharedKeyAccess: false, allowBlobPublicAccess: false, minimumTlsVersion: "TLS1_2" },
        networkRuleSet: { defaultAction: "Deny", bypass: "AzureServices" },
        tags: { "dr:plan": "shop", "dr:site": "prod", "dr:quarantine": "a stranger's key was used" },
      },
    );
  });

  it("keeps what the plan asks for, and takes no backup of a replica, which has none", async () => {
    const kept = async (site: SiteArgs, preserve: readonly ("logs" | "snapshots")[]) =>
      childrenOf(await made(site, preserve), self).filter((child) => /Backups|DataExport/.test(child));
    assert.deepEqual(await kept(siteArgs(), []), []);
    assert.deepEqual(await kept(drSite(), breach.preserve), ["operationalinsights:DataExport quarantine-logs"]);
  });
});
