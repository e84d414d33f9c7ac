import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { liveElsewhere, readAuthority, refuseEmptyWriter } from "../../provider/authority";
import { startNameServer, type NameServer } from "../helpers/name-server";
import { temporary } from "../helpers/temporary";

describe("provider/authority", () => {
  const at = temporary();
  const lookup = () => ({
    name: "app.shop.test",
    address: "127.0.0.1",
    portRegistry: at("ports.json"),
    portName: "dns",
  });
  let server: NameServer | undefined;
  afterEach(() => {
    server?.close();
    server = undefined;
  });

  const nameServer = async (text: string | undefined) => void (server = await startNameServer(at("ports.json"), text));

  it("is undefined where no DNS stack was ever brought up: the first site may start", async () => {
    assert.equal(await readAuthority(lookup()), undefined);
    await liveElsewhere(lookup(), "prod");
    await refuseEmptyWriter(lookup(), "prod");
  });

  it("is undefined where the record is not written yet", async () => {
    await nameServer(undefined);
    assert.equal(await readAuthority(lookup()), undefined);
    await liveElsewhere(lookup(), "prod");
    await refuseEmptyWriter(lookup(), "prod");
  });

  it("says which site is live", async () => {
    await nameServer("site=dr epoch=2");
    assert.deepEqual(await readAuthority(lookup()), { site: "dr", epoch: 2 });
    await liveElsewhere(lookup(), "dr");
  });

  it("refuses to let an old writer that came back write", async () => {
    await nameServer("site=dr epoch=2");
    await assert.rejects(liveElsewhere(lookup(), "prod"), {
      message:
        "`activation` must be standby: the authority record says dr is live (epoch 2), and two writers would fork the data. " +
        "Set dr:activation standby on this stack",
    });
  });

  for (const [what, newest, may] of [
    ["opened its own after the record's", { epoch: 3, site: "prod" }, true],
    ["was promoted and has opened none yet", { epoch: 2, site: "dr" }, true],
    ["holds the same one as the record's site", { epoch: 2, site: "prod" }, false],
    ["holds an older one", { epoch: 1, site: "prod" }, false],
    ["was promoted from a copy that is older than the record", { epoch: 1, site: "dr" }, false],
  ] as const)
    it(`${may ? "lets" : "does not let"} a writer go on that ${what}`, async () => {
      await nameServer("site=dr epoch=2");
      const asked = liveElsewhere(lookup(), "prod", newest);
      await (may ? asked : assert.rejects(asked, /must be standby/));
    });

  for (const live of ["prod", "dr"]) {
    it(`refuses an empty database at prod while ${live} is live`, async () => {
      await nameServer(`site=${live} epoch=2`);
      await assert.rejects(refuseEmptyWriter(lookup(), "prod"), {
        message:
          `prod has no data, and the authority record says ${live} is live (epoch 2); an empty database must not take its place. ` +
          "Set dr:activation standby on this stack to copy it from the live site, or fail over to the other one",
      });
    });
  }

  it("refuses to guess when the name server is down: nobody may write until it is known who is live", async () => {
    writeFileSync(at("ports.json"), '{ "dns": 1 }');
    const message =
      "the authority record of app.shop.test cannot be read: the name server 127.0.0.1:1 does not answer (ECONNREFUSED); " +
      "bring the DNS stack up first; who is live must be known before a site may write";
    for (const ask of [readAuthority(lookup()), liveElsewhere(lookup(), "prod"), refuseEmptyWriter(lookup(), "prod")])
      await assert.rejects(ask, { message });
  });

  it("refuses to guess when the record is not one of ours", async () => {
    await nameServer("v=spf1 -all");
    await assert.rejects(liveElsewhere(lookup(), "prod"), {
      message:
        "the authority record of app.shop.test cannot be read: the authority record must read `site=<site> epoch=<number>`; " +
        "got `v=spf1 -all`; bring the DNS stack up first; who is live must be known before a site may write",
    });
  });
});
