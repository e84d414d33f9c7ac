import assert from "node:assert/strict";
import type { Outside } from "../../cli/drill/outside";
import * as cluster from "../../engines/postgres/cluster";
import type { PromotionOutputs } from "../../provider/resources/promotion";
import { networkBetween, type Network } from "../helpers/partition";
import { until } from "../helpers/workspace";
import { twoSites, type TwoSites } from "./two-sites";

describe("fault 16: a replica is to be promoted while the primary writes", function () {
  this.timeout(600_000);
  let at: TwoSites;
  const clients: Outside[] = [];
  let network: Network | undefined;
  before(async () => (at = await twoSites()));
  after(async () => {
    for (const client of clients) await client.stop();
    await network?.end();
    at?.end();
  });

  const client = async (run: string) => {
    const outside = await at.client(run);
    clients.push(outside);
    return outside;
  };
  const readOnly = (site: string) =>
    assert.rejects(at.query(site, "create table second_writer ()"), /read-only transaction/);
  const promotionOf = (site: string) => at.outs<PromotionOutputs>(site, "dr:index:Promotion postgres-promotion");
  /** Acknowledged writes of a client that a server does not have. */
  const missing = async ({ acknowledged }: Outside, site: string, run: string) => {
    const there = new Set(await at.written(site, run));
    return acknowledged.filter(({ seq }) => !there.has(seq));
  };

  it("refuses without a token, and with one of a site that took its writing up again", async () => {
    await assert.rejects(at.up("dr", { activation: "active" }), /demotionToken must be given to promote a standby/);
    await at.up("prod", { activation: "standby" });
    const token = at.token("prod");
    await at.up("prod", { activation: "active" });
    const outside = await client("up again");
    await assert.rejects(
      at.up("dr", { activation: "active", token }),
      /demotionToken must be of (a site that takes no writes, and prod takes them|timeline 2 or later; .* it is stale)/,
    );
    assert.equal((await at.state("dr")).role, "standby");
    await until("the client to go on", () => outside.acknowledged.length > 20);
    await outside.stop();
    assert.deepEqual(await missing(outside, "prod", "up again"), []);
  });

  it("takes writing away first where it is planned, and loses nothing", async () => {
    const outside = await client("planned");
    await until("a client that writes", () => outside.acknowledged.length > 100);
    await at.up("prod", { activation: "standby" });
    const ended = outside.acknowledged.length;
    await readOnly("prod");
    await readOnly("dr");
    await at.up("dr", { activation: "active", token: at.token("prod") });
    await readOnly("prod");
    await at.point("dr");
    await outside.first(({ address }) => address === at.place("dr").address, 90_000);
    await outside.stop();
    assert.ok(outside.acknowledged.length > ended);
    assert.deepEqual(await missing(outside, "dr", "planned"), []);
    await until("prod to have all", async () => (await missing(outside, "prod", "planned")).length === 0);
  });

  it("does not promote by force where the fence cannot be proven", async () => {
    // Without the application's user nobody can show that it is refused.
    await at.query("dr", "alter role app nologin", "postgres");
    await until("prod to follow", async () => (await at.status()).problems.length === 0);
    const before = await at.state("prod");
    await assert.rejects(
      at.up("prod", { activation: "active", lost: "dr" }),
      /the fence of dr could not be proven: role "app" is not permitted to log in\. Nothing was promoted/,
    );
    const { role, timeline } = await at.state("prod");
    assert.deepEqual([role, timeline], ["standby", before.timeline]);
    assert.deepEqual((await at.record()).authority, { site: "dr", epoch: 2 });
    // The cause is mended, and who goes on says so: the fence comes off the live site.
    await at.query("dr", "begin read write; alter role app login; commit", "postgres");
    await readOnly("dr");
    const told = await at.up("dr", { activation: "active" });
    assert.match(
      told.join("\n"),
      /the fence of dr is taken off, and it takes writes: no other site was promoted \(epoch 2\)/,
    );
    const outside = await client("unfenced");
    await until("the client to go on", () => outside.acknowledged.length > 20);
    await outside.stop();
    assert.deepEqual(await missing(outside, "dr", "unfenced"), []);
    assert.doesNotMatch((await at.up("dr", { activation: "active" })).join("\n"), /fence/, "there is none any more");
  });

  it("fences by force what still writes, having said so, and loses nothing that the fence lets arrive", async () => {
    const outside = await client("forced");
    const asked = at.dr("failover", "--lost", "dr");
    assert.equal(asked.code, 2);
    assert.match(
      asked.output,
      /dr STILL TAKES WRITES\. It will be fenced; a planned switch \(failover without --lost\) loses nothing\.\nprod's postgres still streams; its newest commit is of \S+, \d+\.\d s ago\.\ndr is declared lost: writes that had not arrived go with it/,
    );
    await until("a client that writes", () => outside.acknowledged.length > 100);
    await at.up("prod", { activation: "active", lost: "dr" });
    await readOnly("dr");
    await at.point("prod");
    await outside.first(({ address }) => address === at.place("prod").address, 90_000);
    await readOnly("dr");
    await outside.stop();
    assert.deepEqual(await missing(outside, "prod", "forced"), []);
  });

  it("lets a replica that was behind fetch the rest from the fenced site first, and loses nothing", async () => {
    await at.up("prod", { activation: "active" });
    await at.up("dr", { activation: "standby" });
    await until("dr to follow", async () => (await at.status()).problems.length === 0);
    const outside = await client("behind");
    await cluster.stop(at.server("dr"));
    const behind = outside.acknowledged.length;
    await until("writes that dr does not have", () => outside.acknowledged.length > behind + 50);
    const told = await at.up("dr", { activation: "active", lost: "prod" });
    assert.match(told.join("\n"), /dr has all that prod had written before it was fenced; nothing is lost/);
    assert.equal(promotionOf("dr").lostBytes, 0);
    await readOnly("prod");
    await outside.stop();
    assert.ok(outside.acknowledged.length > behind + 50);
    assert.deepEqual(await missing(outside, "dr", "behind"), []);
  });

  it("keeps its fence on once another site was promoted, or cannot say that it was not", async () => {
    const goOn = () => at.up("prod", { activation: "active" });
    assert.equal((await at.record()).authority?.site, "prod", "the name has not followed yet");
    await assert.rejects(
      goOn(),
      /the fence of prod stays, it is read-only: dr was promoted meanwhile\. Set dr:activation standby/,
    );
    await at.signal("dr", "SIGSTOP");
    try {
      await assert.rejects(
        goOn(),
        /the fence of prod stays, it is read-only: dr does not say that it was not promoted \(.*\)\. Bring it up, or say that it is lost: dr:siteIsLost dr/,
      );
    } finally {
      await at.signal("dr", "SIGCONT");
    }
    await at.point("dr");
    await assert.rejects(goOn(), /`activation` must be standby: the authority record says dr is live/);
    await readOnly("prod");
    assert.equal((await at.state("dr")).role, "primary");
  });

  it("promotes what there is, and says what is lost, where a fenced site answers and nothing more arrives", async () => {
    await at.up("dr", { activation: "active" });
    await at.up("prod", { activation: "standby" });
    await until("prod to follow", async () => (await at.status()).problems.length === 0);
    network = await networkBetween(at.endpoint("prod"), at.endpoint("dr"));
    await until("prod to follow through the network", async () => (await at.state("prod")).streaming);
    const outside = await client("silence");
    network.cut();
    const atCut = outside.acknowledged.length;
    await until("writes that do not arrive", () => outside.acknowledged.length > atCut + 50);
    const words = { activation: "active", lost: "dr" } as const;
    const told = (await at.up("prod", words)).join("\n");
    await network.end();
    await readOnly("dr");
    await outside.stop();
    const [, bytes, from, to, commit] =
      /LOST: the last (\d+) bytes of WAL of dr \(from (\S+) to (\S+)\), with all commits after the commit of (\S+); they did not arrive/.exec(
        told,
      ) ?? assert.fail(told);
    const promoted = promotionOf("prod");
    assert.deepEqual([promoted.lostBytes, promoted.lastCommit], [Number(bytes), commit]);
    const [wal] = await at.query(
      "dr",
      `select '${to}'::pg_lsn - '${from}'::pg_lsn as lost, pg_current_wal_lsn() >= '${to}' as written`,
      "postgres",
    );
    assert.deepEqual(wal, { lost: bytes, written: true });
    const lost = await missing(outside, "prod", "silence");
    assert.ok(lost.length >= 50, "some are lost, and that was said");
    const early = lost.filter(({ ackMs }) => ackMs < Date.parse(commit!));
    assert.deepEqual(early, [], `lost, and acknowledged before ${commit}`);
    assert.equal((await at.state("prod")).role, "primary");
    assert.doesNotMatch((await at.up("prod", words)).join("\n"), /LOST/);
    assert.equal(promotionOf("prod"), promoted, "a second up has nothing to change");
    await at.point("prod");
  });

  it("loses by force no more than it says where the rest cannot arrive", async () => {
    await at.up("prod", { activation: "active" });
    await at.up("dr", { activation: "standby" });
    await until("dr to follow", async () => (await at.status()).problems.length === 0);
    network = await networkBetween(at.endpoint("dr"), at.endpoint("prod"));
    await until("dr to follow through the network", async () => (await at.state("dr")).streaming);
    const outside = await client("cut off");
    network.cut();
    const atCut = outside.acknowledged.length;
    await until("writes that do not arrive", () => outside.acknowledged.length > atCut + 50);
    await at.signal("prod", "SIGKILL");
    await outside.stop();
    const asked = at.dr("failover", "--lost", "prod");
    const [, said] = /its newest commit is of (\S+), /.exec(asked.output) ?? assert.fail(asked.output);
    await network.end();
    await at.up("dr", { activation: "active", lost: "prod" });
    const lost = await missing(outside, "dr", "cut off");
    assert.ok(lost.length >= 50, "some are lost, and that was said");
    const early = lost.filter(({ ackMs }) => ackMs < Date.parse(said!));
    assert.deepEqual(early, [], `lost, and acknowledged before ${said}`);
    assert.equal((await at.state("dr")).role, "primary");
  });
});
