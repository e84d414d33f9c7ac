import assert from "node:assert/strict";
import { commonsOf, NAME_SERVER_PORT } from "../../components/local/place";
import { promotion, type PromotionInputs } from "../../provider/resources/promotion";
import { until } from "../helpers/workspace";
import { twoSites, type TwoSites } from "./two-sites";

describe("fault 20: a promotion hangs", function () {
  this.timeout(600_000);
  let at: TwoSites;
  let token: string;
  const live = () => ({ address: at.place("prod").address, authority: { site: "prod", epoch: 1 } });
  const thaw = () => at.signal("dr", "SIGCONT");

  /** The promotion as the site's program asks for it, with little time. */
  function promote(change: Partial<PromotionInputs> = {}) {
    const { address, port, keysFolder } = at.endpoint("dr");
    const { portRegistry, nameServerAddress } = commonsOf({ location: at.location, plan: at.project.plan.name });
    const authority = { name: at.project.plan.dns.name, address: nameServerAddress, portRegistry };
    const peer = { site: "prod", address: at.place("prod").address };
    const inputs = {
      site: "dr",
      address,
      port,
      keysFolder,
      peer,
      authority: { ...authority, portName: NAME_SERVER_PORT },
    };
    return promotion.create({ ...inputs, demotionToken: token, timeoutSeconds: 2, ...change }, () => {});
  }

  /** It ends, says at which step, and nobody is told of a new site. */
  async function hangsAt(step: RegExp, change: Partial<PromotionInputs> = {}) {
    await assert.rejects(promote(change), ({ message }: Error) => {
      assert.match(message, step);
      assert.match(message, /^the promotion of dr hangs at .*the name is unchanged\. Run `up` again$/s);
      return true;
    });
    assert.deepEqual(await at.record(), live());
  }

  before(async () => {
    at = await twoSites();
    await at.query("prod", "create table orders (id int primary key, text text)");
    await until("the table at dr", () => at.query("dr", "select from orders").then(() => true, () => false)); // prettier-ignore
    // What dr has received and cannot replay: 40 MiB of it.
    await at.query("dr", "select pg_wal_replay_pause()", "postgres");
    await at.query("prod", "insert into orders select id, repeat(md5(id::text), 30) from generate_series(1, 40000) id");
    await at.up("prod", { activation: "standby" });
    token = at.token("prod");
  });
  after(() => at?.end());

  it("for WAL that waits to be replayed: nothing is promoted, and the step is named with how far it came", async () => {
    const [, , lsn] = token.split(":");
    await hangsAt(new RegExp(`wait for WAL up to ${lsn}: after 2 s it has replayed up to .*Nothing was promoted`));
    assert.equal((await at.state("dr")).role, "standby");
    await assert.rejects(
      at.point("dr"),
      /`liveSite` must take writes; dr's postgres .* does not.*The record is unchanged/s,
    );
    assert.deepEqual(await at.record(), live());
    await at.query("dr", "select pg_wal_replay_resume()", "postgres");
    await until(
      "dr to have it all",
      async () => (await at.query("dr", "select from orders")).length === 40_000,
      120_000,
    );
  });

  it("for a token of what never was: the replica stays in recovery", async () => {
    const [system, timeline] = token.split(":");
    await hangsAt(/wait for WAL up to FF\/0: .*Nothing was promoted/s, { demotionToken: `${system}:${timeline}:FF/0` });
    const another = `${system!.slice(0, -1)}${(Number(system!.at(-1)) + 1) % 10}`;
    await assert.rejects(promote({ demotionToken: `${another}:${timeline}:0/1` }), /must come from the same cluster/);
    assert.equal((await at.state("dr")).role, "standby");
  });

  it("for a server that is frozen: it is given up in time, and nothing was promoted", async () => {
    await at.signal("dr", "SIGSTOP");
    await hangsAt(/hangs at connecting: \S+ does not answer within \d+ s\. Nothing was promoted/);
    await assert.rejects(at.point("dr"), /`liveSite` must take writes.*The record is unchanged/s);
    await thaw();
    assert.equal((await at.state("dr")).role, "standby");
  });

  it("for a server that freezes in the middle of it: `up` again comes to its end, in one new epoch, with every row", async () => {
    process.kill(at.part("dr", "startup"), "SIGSTOP");
    await hangsAt(/hangs at pg_promote: after 2 s the server is still in recovery/);
    assert.equal((await at.state("dr")).role, "standby");
    await assert.rejects(at.query("dr", "insert into orders values (0, 'too early')"), /read-only transaction/);
    await thaw(); // what was asked of it may happen now, with nobody there

    await at.up("dr", { activation: "active", token });
    assert.equal((await at.state("dr")).role, "primary");
    assert.deepEqual(await at.query("dr", "select epoch, site from dr.epoch order by epoch", "postgres"), [
      { epoch: 1, site: "prod" },
      { epoch: 2, site: "dr" },
    ]);
    assert.deepEqual(await at.record(), live());
    await at.point("dr");
    assert.deepEqual(await at.record(), { address: at.place("dr").address, authority: { site: "dr", epoch: 2 } });
    assert.equal((await at.query("dr", "select from orders")).length, 40_000);
    assert.equal((await at.state("prod")).role, "standby");
  });
});
