import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import * as path from "node:path";
import * as cluster from "../../engines/postgres/cluster";
import { commonsOf } from "../../components/local/place";
import { lookUpAddress } from "../../engines/dns/lookup";
import { keptPorts } from "../../engines/ports";
import { dnsRecord } from "../../provider/resources/dns-record";
import { twoSites, type TwoSites } from "./two-sites";

// The record is in a stack that belongs to no site, so no `dependsOn` can hold it back: it asks the engine itself.
describe("fault 17: the name is to be pointed at a site that is not promoted", function () {
  this.timeout(600_000);
  let at: TwoSites;
  before(async () => (at = await twoSites()));
  after(() => at?.end());

  const refuses = async (site: string, reason: RegExp) => {
    const before = await at.record();
    await assert.rejects(at.point(site), reason);
    assert.deepEqual(await at.record(), before);
  };
  const unchanged = (site: string, why: string) =>
    new RegExp(
      `^Error: \`liveSite\` must take writes; ${site}'s postgres at \\S+ does not: .*${why}.*The record is unchanged$`,
    );
  const prodIsLive = { address: "127.0.10.1", authority: { site: "prod", epoch: 1 } };

  it("refuses a replica, and leaves the record that is there", async () => {
    await refuses("dr", unchanged("dr", "read-only transaction"));
    assert.deepEqual(await at.record(), prodIsLive);
  });

  it("makes no first record for a replica either", async () => {
    const { plan, location } = at.project;
    const { keysFolder, portRegistry } = commonsOf({ location, plan: plan.name });
    const name = `other.${plan.dns.zone}`;
    const server = { address: "127.0.0.1", port: keptPorts(portRegistry)["dns"]! };
    const record = { server, zone: plan.dns.zone, name, ttlSeconds: 5, site: "dr", address: at.place("dr").address };
    const proofs = [{ portRegistry, portName: "postgres" }];
    await assert.rejects(
      dnsRecord.create({ ...record, keysFolder, proofs }, () => {}),
      unchanged("dr", "read-only transaction"),
    );
    assert.equal(await lookUpAddress(server, name), undefined);
  });

  it("waits with the name for as long as the promotion takes, and follows it in the new epoch", async () => {
    await at.signal("prod", "SIGKILL");
    await at.signal("dr", "SIGSTOP");
    const lost = { activation: "active", lost: "prod" } as const;
    await assert.rejects(at.up("dr", lost), /timeout|does not answer/);
    await refuses("dr", unchanged("dr", "(timeout|does not answer)"));
    await at.signal("dr", "SIGCONT");
    assert.equal((await at.state("dr")).role, "standby");
    await refuses("dr", unchanged("dr", "read-only transaction"));
    await at.up("dr", lost);
    assert.deepEqual(await at.record(), prodIsLive, "the promotion alone moves no client");
    await at.point("dr");
    assert.deepEqual(await at.record(), { address: "127.0.11.1", authority: { site: "dr", epoch: 2 } });
  });

  it("refuses a site that takes writes in an epoch that is over", async () => {
    // Nobody who uses our commands gets here: somebody took the word away that keeps the old server from writing.
    rmSync(path.join(cluster.dataFolder(at.server("prod")), "standby.signal"));
    await cluster.start(at.server("prod"));
    await at.query("prod", "create table second_writer as select 1");
    await refuses(
      "prod",
      /must hold a newer epoch than the record's: dr is live with epoch 2, prod holds epoch 1\. The record is unchanged/,
    );
    assert.match((await at.status()).problems.join(), /TWO WRITERS, prod and dr/);
  });

  it("keeps the record where it is while no site is well, and says so", async () => {
    for (const site of ["prod", "dr"]) await at.signal(site, "SIGKILL");
    await refuses("prod", unchanged("prod", "ECONNREFUSED"));
    assert.deepEqual(await at.record(), { address: "127.0.11.1", authority: { site: "dr", epoch: 2 } });
    const status = at.dr("status");
    assert.equal(status.code, 1);
    assert.match(status.output, /dr is live, epoch 2.*! postgres: no site takes writes/s);
    for (const words of [[], ["--lost", "dr"]]) {
      const refused = at.dr("failover", ...words, "--yes");
      assert.equal(refused.code, 2, refused.output);
      assert.match(
        refused.output,
        /prod cannot take over: its postgres is unreachable, and must be a standby\. Nothing was changed/,
      );
    }
  });
});
