import assert from "node:assert/strict";
import type { FailoverRecordArgs } from "../../../components/contract";
import { FailoverRecord } from "../../../components/local";
import { obeysContract } from "../../contract";
import { record, UNKNOWN } from "../../helpers/record";

const args: FailoverRecordArgs = {
  ...{ plan: "shop", location: "/sites", sites: ["prod", "dr"], liveSite: "prod" },
  ...{ zone: "shop.test", name: "app.shop.test", ttlSeconds: 5, databases: ["orders", "users"] },
};
const made = (change: Partial<FailoverRecordArgs> = {}, preview = false) =>
  record(() => new FailoverRecord("live-site", { ...args, ...change }), { preview });

const portRegistry = "/sites/shop/.commons/ports.json";
const keysFolder = "/sites/shop/.commons/keys";
const child = { parent: "dr:local:FailoverRecord live-site", provider: "", retained: false, guarded: false };
const serverInputs = {
  ...{ folder: "/sites/shop/.commons/dns", address: "127.0.0.1", portRegistry, portName: "dns" },
  ...{ zone: "shop.test", keysFolder },
};
const recordInputs = {
  ...{ server: { address: "127.0.0.1", port: 15053 }, zone: "shop.test", name: "app.shop.test", ttlSeconds: 5 },
  ...{ keysFolder, site: "prod", address: "127.0.10.1" },
  proofs: [
    { portRegistry, portName: "orders" },
    { portRegistry, portName: "users" },
  ],
};

describe("local.FailoverRecord", () => {
  obeysContract(
    "dr:local:FailoverRecord",
    ["liveSite", "epoch", "nameServer"],
    (name, opts) => new FailoverRecord(name, args, opts),
  );

  it("is a name server and a record that every database of the live site must prove first", async () => {
    const { resources, outputs } = await made();
    assert.deepEqual(resources.slice(1), [
      { ...child, type: "dr:local:NameServer", name: "live-site-server", inputs: serverInputs, dependsOn: [] },
      {
        ...{ ...child, type: "dr:index:DnsRecord", name: "live-site", inputs: recordInputs },
        dependsOn: ["dr:local:NameServer live-site-server"],
      },
    ]);
    assert.deepEqual(outputs[0]?.values, { liveSite: "prod", epoch: 2, nameServer: "127.0.0.1:15053" });
  });

  it("shows in a preview where the name will point", async () => {
    const { resources } = await made({}, true);
    assert.deepEqual(resources[2]?.inputs, { ...recordInputs, server: UNKNOWN });
  });

  it("changes the site and its address in a failover, and nothing else: the record is not replaced", async () => {
    const { resources } = await made({ liveSite: "dr" });
    assert.deepEqual(resources[1]?.inputs, serverInputs);
    assert.deepEqual(resources[2]?.inputs, { ...recordInputs, site: "dr", address: "127.0.11.1" });
  });
});
