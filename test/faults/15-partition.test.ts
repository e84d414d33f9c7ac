import assert from "node:assert/strict";
import { evaluate } from "../../agent/alerts/rules";
import { replicationWatch } from "../../agent/watch/lag";
import { decide, rulesOf, type Look } from "../../cli/watch/decide";
import { lookAt } from "../../cli/watch/probes";
import type { Outside } from "../../cli/drill/outside";
import { networkBetween, type Network } from "../helpers/partition";
import { until } from "../helpers/workspace";
import { twoSites, type TwoSites } from "./two-sites";

const SLOT_CAP_MIB = 64;
const SEGMENT_MIB = 16;

/**
 * GitHub's network was cut for 43 s in 2018. Here all that such a cut sets off has happened after some ten: the servers have
 * given each other up, the plan's lag is passed, the replica tries again and again. What comes later comes of the WAL that
 * is written meanwhile, and the slot's cap is reached by writing that much.
 */
describe("fault 15: the network between a primary and its replica is cut", function () {
  this.timeout(600_000);
  let at: TwoSites;
  let network: Network;
  let outside: Outside | undefined;
  before(async () => {
    at = await twoSites((plan) =>
      plan
        .replace(/^ {4}replicaLag: .*$/m, `    replicaLag: 2s\n    slotCap: ${SLOT_CAP_MIB} MiB`)
        .replace("mode: manual", "mode: automatic\n  detectAfter: 2s\n  witnesses: [http://a.test, http://b.test]"),
    );
    network = await networkBetween(at.endpoint("dr"), at.endpoint("prod"));
    await until("dr to follow through the network", isStreaming);
  });
  after(async () => {
    await outside?.stop();
    await network?.end();
    at?.end();
  });

  const isStreaming = async () => (await at.state("dr")).streaming;
  const ONE_COPY = "postgres: one copy only; dr has no streaming replica";

  it("is said, promotes nothing, and is caught up with when the network is back", async () => {
    const { plan } = at.project;
    const place = { endpoint: at.endpoint("prod"), stanza: "", dataFolder: "", socketFolder: "", workFolder: "" };
    const lag = replicationWatch({
      sources: [{ name: "postgres", entry: plan.data["postgres"]!, postgresql: { ...place, passFile: "" } }],
    });
    const look = async () => {
      const [measured, sight, { problems }] = await Promise.all([lag(), lookAt(at.project, "prod"), at.status()]);
      const { breaches } = evaluate(plan.alerts.rules, measured);
      return { lag: measured[0]!.value as number, alarms: breaches.map(({ rule }) => rule), sight, problems };
    };
    outside = await at.client("cut");
    const before = await look();
    assert.deepEqual([before.alarms, before.problems], [[], []]);

    network.cut();
    const atCut = outside.acknowledged.length;
    const seen = [before];
    await until("status and alarm to say so", async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      seen.push(await look());
      return seen.at(-1)!.problems.length > 0 && seen.at(-1)!.alarms.length > 0;
    });
    for (let more = 0; more < 3; more++) seen.push(await look());
    assert.deepEqual([seen.at(-1)!.alarms, seen.at(-1)!.problems], [["replicationLag"], [ONE_COPY]]);
    const lags = seen.slice(1).map((one) => one.lag);
    assert.deepEqual(
      lags,
      [...lags].sort((a, b) => a - b),
      "while nothing arrives, the lag that is told only grows",
    );

    // The plan lets the watch act by itself, and its witnesses would say whatever it takes: it has nothing to do here.
    const looks = seen.map(({ sight }, second): Look => {
      const lost = { vote: "lost", reason: "" } as const;
      return { at: second, sight, witnesses: { "http://a.test": lost, "http://b.test": lost } };
    });
    const rules = rulesOf(plan, 10);
    for (const [index] of looks.entries())
      assert.deepEqual(decide(looks.slice(0, index + 1), rules), { state: "well" });
    const { role, timeline } = await at.state("dr");
    assert.deepEqual([role, timeline], ["standby", 1]);
    assert.deepEqual((await at.record()).authority, { site: "prod", epoch: 1 });
    assert.match(
      at.dr("status").output,
      /dr +postgres +standby +NOT STREAMING, [1-9]\d* bytes of WAL behind the writer, its newest commit is of /,
    );
    const planned = at.dr("failover", "--yes");
    assert.match(planned.output, /a planned switch needs dr's postgres to follow prod, and it does not stream/);
    await until("the client to go on", () => outside!.acknowledged.length > atCut + 100);
    assert.ok((await at.written("dr", "cut")).length < atCut + 100, "the network is really cut");

    network.heal();
    await until("status to be well", async () => (await at.status()).problems.length === 0);
    await outside.stop();
    const all = outside.acknowledged.map(({ seq }) => seq);
    await until("dr to have all", async () => (await at.written("dr", "cut")).length >= all.length);
    assert.deepEqual(await at.written("dr", "cut"), await at.written("prod", "cut"));
    assert.deepEqual((await look()).alarms, []);
    const states = await Promise.all(["prod", "dr"].map((site) => at.state(site)));
    assert.deepEqual(
      states.map((state) => [state.role, state.timeline]),
      [
        ["primary", 1],
        ["standby", 1],
      ],
    );
  });

  it("does not fill the primary's disk: past the slot's cap the replica is given up, and copied anew by the next up", async () => {
    const sql = (text: string) => at.query<Record<string, string>>("prod", text, "postgres");
    await sql("alter system set archive_command = '/bin/true'"); // what waits for an archive is another fault
    await sql("select pg_reload_conf()");
    network.cut();
    const written = 30;
    await sql("create table filling (n int)");
    for (let segment = 0; segment < written; segment++) {
      await sql(`insert into filling values (${segment})`);
      await sql("select pg_switch_wal()");
      if (segment % 5 === 4) await sql("checkpoint");
    }
    const slot = "select wal_status as is from pg_replication_slots where slot_name = 'dr'";
    await until("the slot to be given up", async () => {
      await sql("checkpoint");
      return (await sql(slot))[0]!["is"] === "lost";
    });
    const [size] = await sql("select round(sum(size) / 1048576) as mib from pg_ls_waldir()");
    assert.ok(Number(size!["mib"]) < (written * SEGMENT_MIB) / 2, `${size!["mib"]} MiB of WAL are kept`);

    network.heal();
    await until("status to say so", async () => (await at.status()).problems.includes(ONE_COPY));
    const told = await at.up("dr", { activation: "standby" });
    assert.match(
      told.join("\n"),
      /dr was away for more than the 64 MiB of WAL that are kept for it: it is copied anew/,
    );
    await until("two copies again", async () => (await at.status()).problems.length === 0);
    assert.deepEqual(await at.query("dr", "select count(*)::int as n from filling", "postgres"), [{ n: written }]);
  });
});
