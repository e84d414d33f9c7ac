import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { key } from "../../../engines/keys";
import { dnsRecord, refuseOlder } from "../../../provider/resources/dns-record";
import { temporary } from "../../helpers/temporary";

const at = (site: string, epoch: number) => ({ site, epoch });

describe("provider/resources/dns-record", () => {
  const accepted: readonly [string, Parameters<typeof refuseOlder>][] = [
    ["the first record of all", [at("prod", 1), undefined]],
    ["a promotion at the other site", [at("dr", 2), at("prod", 1)]],
    ["the same again", [at("dr", 2), at("dr", 2)]],
    ["a newer epoch of the same site", [at("dr", 3), at("dr", 2)]],
  ];
  for (const [title, [next, current]] of accepted)
    it(`accepts ${title}`, () => assert.doesNotThrow(() => refuseOlder(next, current)));

  const refused: readonly [string, Parameters<typeof refuseOlder>, string][] = [
    ["an old writer that came back", [at("prod", 1), at("dr", 2)], "dr is live with epoch 2, prod holds epoch 1"],
    ["a rival for the same epoch", [at("prod", 2), at("dr", 2)], "dr is live with epoch 2, prod holds epoch 2"],
    ["an older state of the live site itself", [at("dr", 1), at("dr", 2)], "dr is live with epoch 2, dr holds epoch 1"],
  ];
  for (const [title, [next, current], facts] of refused) {
    it(`refuses ${title}`, () =>
      assert.throws(() => refuseOlder(next, current), {
        message: `\`liveSite\` must hold a newer epoch than the record's: ${facts}. The record is unchanged`,
      }));
  }

  describe("before it points anywhere", () => {
    const folder = temporary();
    const inputs = () => ({
      ...{ server: { address: "127.0.0.1", port: 1 }, zone: "shop.test", name: "app.shop.test", ttlSeconds: 5 },
      ...{ site: "dr", address: "127.0.11.1", keysFolder: folder("keys") },
      proofs: [{ portRegistry: folder("ports.json"), portName: "orders" }],
    });

    it("refuses a site that was never brought up", () =>
      assert.rejects(
        dnsRecord.create(inputs(), () => {}),
        {
          message: "`liveSite` must take writes; dr was never brought up (no port for orders)",
        },
      ));

    it("refuses a site whose database does not answer", () => {
      key(folder("keys"), "postgres");
      writeFileSync(folder("ports.json"), '{ "orders": 1 }');
      return assert.rejects(
        dnsRecord.create(inputs(), () => {}),
        {
          message:
            "`liveSite` must take writes; dr's orders at 127.0.11.1:1 does not: connect ECONNREFUSED 127.0.11.1:1. The record is unchanged",
        },
      );
    });
  });

  it("is made anew only for another name: a failover changes it in place", () =>
    assert.deepEqual(dnsRecord.replaceOn, ["zone", "name"]));
});
