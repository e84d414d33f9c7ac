import assert from "node:assert/strict";
import * as cluster from "../../engines/postgres/cluster";
import { until } from "../helpers/workspace";
import { twoSites, type TwoSites } from "./two-sites";

describe("fault 18: the site that took over is lost before the first one is back", function () {
  this.timeout(600_000);
  let at: TwoSites;
  const write = async (site: string, text: string) => {
    await at.query(site, "create table if not exists notes (note text)");
    await at.query(site, `insert into notes values ('${text}')`);
  };
  const notes = async (site: string) =>
    (await at.query<{ note: string }>(site, "select note from notes order by note")).map(({ note }) => note);
  const asked = (...words: string[]) => at.dr("failover", ...words);
  const twoCopies = async () => (await at.status()).problems.length === 0;

  before(async () => {
    at = await twoSites();
    await write("prod", "both");
    await until("the note at dr", async () => (await notes("dr").catch((): string[] => [])).includes("both"));
    await at.up("dr", { activation: "active", lost: "prod" });
    await at.point("dr");
    await write("dr", "dr alone");
  });
  after(() => at?.end());

  it("refuses the older copy while the newer one answers, and says what to do", () => {
    const { code, output } = asked("--lost", "dr");
    assert.equal(code, 2);
    assert.match(
      output,
      /prod cannot take over: its postgres is fenced.*Nothing was changed\. dr still answers: npx pulumi-dr failback makes prod a replica of it first/,
    );
    assert.match(asked().output, /prod cannot take over.* dr still answers: npx pulumi-dr failback/);
  });

  it("says that the older copy has nothing of what the lost one took", async () => {
    await at.signal("dr", "SIGKILL");
    assert.match(asked().output, /prod cannot take over.* If dr is gone, say so: --lost dr/);
    const { code, output } = asked("--lost", "dr");
    assert.equal(code, 2);
    assert.match(output, /Nobody is there to confirm it; say --yes/);
    assert.match(output, /prod's postgres is fenced; its newest commit is of \S+Z, \S+ s ago, or older\./);
    assert.match(
      output,
      /prod's postgres is of epoch 1: of all that dr took as the live site, in epoch 2, it has NOTHING/,
    );
    assert.match(output, /There is no backup of dr's postgres at prod that could be restored instead/);
  });

  it("goes on with the older copy, in an epoch after both", async () => {
    const told = await at.up("prod", { activation: "active", lost: "dr" });
    assert.match(told.join("\n"), /prod goes on from where it was fenced: what dr took since is not here/);
    await at.point("prod");
    assert.deepEqual((await at.record()).authority, { site: "prod", epoch: 3 });
    const epochs = await at.query("prod", "select epoch, site from dr.epoch order by epoch", "postgres");
    assert.deepEqual(epochs, [
      { epoch: 1, site: "prod" },
      { epoch: 2, site: "dr" },
      { epoch: 3, site: "prod" },
    ]);
    await write("prod", "prod alone");
    assert.deepEqual(await notes("prod"), ["both", "prod alone"]);
  });

  it("takes nothing of the lost one for its own when that returns, though both are on the same timeline", async () => {
    const { timeline } = await cluster.readEnding(at.server("dr"));
    assert.equal(timeline, (await at.state("prod")).timeline);
    await cluster.start(at.server("dr"));
    assert.equal((await at.state("dr")).role, "standby");
    await at.up("prod", { activation: "active" });
    const told = await at.up("dr", { activation: "standby" });
    assert.match(told.join("\n"), /kept: \S+, whose history prod has no part in/);
    await until("two copies", twoCopies);
    await write("prod", "again both");
    await until("the same at dr", async () => (await notes("dr")).length === 3);
    assert.deepEqual(await notes("dr"), ["again both", "both", "prod alone"]);
  });

  it("takes its writing up again although the other one, fenced, is no standby", async () => {
    await at.up("dr", { activation: "active", lost: "prod" });
    await at.point("dr");
    await at.signal("dr", "SIGKILL");
    await at.refreshed("dr", { activation: "active" });
    assert.equal((await at.state("dr")).role, "primary");
    assert.equal((await at.state("prod")).role, "primary", "and read-only");
    await write("dr", "dr again");
    await assert.rejects(write("prod", "too late"), /read-only transaction/);
    assert.deepEqual((await at.status()).problems, ["postgres: one copy only; prod is fenced (read-only)"]);
  });
});
