import assert from "node:assert/strict";
import { processesOf } from "../../cli/drill/lose-site";
import { commandLine } from "../helpers/command-line";
import { until } from "../helpers/workspace";
import { twoSites, type TwoSites } from "./two-sites";

describe("fault 17: the name server is lost with the site", function () {
  this.timeout(600_000);
  let at: TwoSites;
  before(async () => {
    at = await twoSites();
    await until("dr to follow", async () => (await at.state("dr")).streaming);
  });
  after(() => at?.end());

  it("holds up no promotion: the name is moved later", async () => {
    await at.signal("prod", "SIGKILL");
    const servers = processesOf(at.location).filter((pid) => commandLine(pid).includes("knotd"));
    assert.notEqual(servers.length, 0);
    for (const pid of servers) process.kill(pid, "SIGKILL");
    await until("nobody to answer for the name", () =>
      at.record().then(
        () => false,
        () => true,
      ),
    );
    await at.up("dr", { activation: "active", lost: "prod" });
    assert.equal((await at.state("dr")).role, "primary");
    const epochs = await at.query("dr", "select epoch, site from dr.epoch order by epoch", "postgres");
    assert.deepEqual(epochs, [
      { epoch: 1, site: "prod" },
      { epoch: 2, site: "dr" },
    ]);
  });
});
