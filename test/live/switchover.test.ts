import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { HEARTBEAT_TABLE } from "../../cli/drill/client";
import { loseSite } from "../../cli/drill/lose-site";
import { startOutside, type Outside } from "../../cli/drill/outside";
import { key } from "../../engines/keys";
import { keptPorts } from "../../engines/ports";
import { connected, serverState } from "../../engines/postgres/sql";
import { filesBelow, makeWorkspace, until, type Workspace } from "../helpers/workspace";

describe("a planned switch between two living sites", function () {
  this.timeout(600_000);
  const NAME = "app.cotai.test";
  const RUN = "switchover";
  let at: Workspace;
  let outside: Outside;
  const role = (site: string) => connected(at.endpoint(site), serverState).then((state) => state.role);
  const evidence = (site: string) =>
    filesBelow(path.join(at.place(site).bucket, "evidence"))
      .map((file) => path.basename(file))
      .sort();
  const tokenOf = (site: string) => {
    const { stdout } = at.pulumi("stack", "output", "demotionTokens", "--stack", site, "--json");
    return (JSON.parse(stdout) as { postgres: string }).postgres;
  };

  before(async () => {
    at = makeWorkspace();
    for (const stack of ["prod", "dr", "dns"]) at.up(stack);
    const app = { ...at.endpoint("prod", "app") };
    await connected(app, (client) => client.query(HEARTBEAT_TABLE));
    const nameServer = {
      address: "127.0.0.1",
      port: keptPorts(path.join(at.location, "cotai/.commons/ports.json"))["dns"]!,
    };
    outside = startOutside({
      nameServer,
      name: NAME,
      port: app.port,
      database: "cotai",
      password: key(app.keysFolder, "app"),
      run: RUN,
    });
    await outside.first(() => true, 30_000);
  });
  after(async () => {
    await outside?.stop();
    at?.remove();
  });

  it("takes writing away from the active site first, and says where its history ends", async () => {
    at.up("prod", "--config", "dr:activation=standby");
    assert.equal(await role("prod"), "standby");
    assert.match(tokenOf("prod"), /^\d+:1:[0-9A-F]+\/[0-9A-F]+$/);
  });

  for (const [what, forge, reason] of [
    [
      "another cluster",
      (token: string) => token.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10)),
      /must come from the same cluster/,
    ],
    ["a malformed one", () => "anything", /must read <system identifier>:<timeline>:<LSN>; got anything/],
  ] as const) {
    it(`refuses in preview a token of ${what}, and the replica stays a replica`, async () => {
      at.pulumi("config", "set", "--path", "dr:demotionTokens.postgres", forge(tokenOf("prod")), "--stack", "dr");
      const refused = at.pulumi("preview", "--stack", "dr", "--config", "dr:activation=active");
      assert.notEqual(refused.code, 0);
      assert.match(refused.output, reason);
      assert.equal(await role("dr"), "standby");
    });
  }

  it("promotes the other site once all is replayed, and the old one follows it", async () => {
    at.pulumi("config", "set", "--path", "dr:demotionTokens.postgres", tokenOf("prod"), "--stack", "dr");
    at.up("dr", "--config", "dr:activation=active");
    at.up("dns", "--config", "dr:liveSite=dr");
    await outside.first(({ address }) => address === at.place("dr").address, 60_000);
    await until("prod to follow dr", async () => (await connected(at.endpoint("prod"), serverState)).streaming);
    assert.equal(at.dr("status").code, 0);
  });

  it("switches back by one command that runs the same", async () => {
    const planned = at.dr("failover", "--yes", "--json");
    assert.equal(planned.code, 0, planned.output);
    const { live, problems } = JSON.parse(planned.stdout) as { live: object; problems: string[] };
    assert.deepEqual(live, { site: "prod", epoch: 3 });
    assert.deepEqual(
      problems.filter((problem) => !problem.startsWith("postgres: one copy only")),
      [],
    );
    const switched = Date.now();
    await outside.first(({ address, sentMs }) => address === at.place("prod").address && sentMs > switched, 60_000);
    await until("dr to follow prod", async () => (await connected(at.endpoint("dr"), serverState)).streaming);
    assert.equal(at.dr("status").code, 0);
  });

  it("loses no acknowledged write", async () => {
    await outside.stop();
    const { rows } = await connected(at.endpoint("prod", "app"), (client) =>
      client.query<{ seq: string }>("select seq from dr_heartbeat where run = $1", [RUN]),
    );
    const there = new Set(rows.map(({ seq }) => Number(seq)));
    assert.ok(outside.acknowledged.length > 0);
    assert.deepEqual(
      outside.acknowledged.filter(({ seq }) => !there.has(seq)),
      [],
    );
  });

  it("prints what it would do, and does nothing, on --dry-run", async () => {
    const dry = at.dr("failover", "--lost", "prod", "--dry-run");
    assert.equal(
      dry.stdout,
      "npx pulumi up --stack dr --config dr:activation=active --config dr:siteIsLost=prod\nnpx pulumi up --stack dns --config dr:liveSite=dr\n",
    );
    assert.equal(await role("dr"), "standby");
    assert.equal(evidence("dr").length, 2, "the one failover before, begun and ended");
  });

  it("judges a failover before it happens, and leaves the stack's values as they are", () => {
    const checked = at.dr(
      "check",
      "dr",
      "--config",
      "dr:activation=active",
      "--config",
      "dr:siteIsLost=prod",
      "--json",
    );
    assert.equal(checked.code, 0, checked.output);
    const { ok, findings } = JSON.parse(checked.stdout) as { ok: boolean; findings: { kind: string; text: string }[] };
    assert.equal(ok, true);
    assert.deepEqual(
      findings.map(({ kind, text }) => `${kind}: ${text}`),
      [
        "does: takes writing away from prod, by whatever of it still answers",
        "does: promotes dr; what had not arrived from prod is lost",
      ],
    );
    assert.match(readFileSync(path.join(at.folder, "Pulumi.dr.yaml"), "utf8"), /dr:activation: standby/);
  });

  it("asks before it changes anything, and says so where nobody can answer", async () => {
    const unasked = at.dr("failover", "--lost", "prod");
    assert.equal(unasked.code, 2);
    assert.match(unasked.output, /prod STILL TAKES WRITES.*Nobody is there to confirm it; say --yes/s);
    assert.equal(await role("dr"), "standby");
  });

  it("recovers a lost site, takes it back as a replica, and comes home, each by one command", async () => {
    loseSite(at.place("prod").region);
    const heads: string[] = [];
    for (const [words, live] of [
      [["failover", "--lost", "prod"], { site: "dr", epoch: 4 }],
      [["failback"], { site: "dr", epoch: 4 }],
      [["failover"], { site: "prod", epoch: 5 }],
    ] as const) {
      const done = at.dr(...words, "--yes", "--json");
      assert.equal(done.code, 0, done.output);
      const said = JSON.parse(done.stdout) as { live: object; evidence: string };
      assert.deepEqual(said.live, live);
      heads.push(said.evidence);
    }
    await until("two copies", () => at.dr("status").code === 0);

    // What was done while prod was gone came to its new bucket too, and every head that was printed leads there.
    assert.equal(evidence("prod").length, 8);
    assert.deepEqual(evidence("prod"), evidence("dr"));
    for (const head of heads) assert.equal(at.dr("evidence", "verify", "--head", head).code, 0);
  });

  it("is rehearsed there and back under a client's writes, with nothing lost, and written down", () => {
    const drilled = at.dr("drill", "switchover", "--yes", "--json", "--writes", "0.5");
    assert.equal(drilled.code, 0, drilled.output);
    const { ways, writes, evidence } = JSON.parse(drilled.stdout) as {
      ways: { from: string; to: string; gapSeconds: number }[];
      writes: { acknowledged: number; lost: number };
      evidence: string;
    };
    assert.deepEqual(
      ways.map(({ from, to, gapSeconds }) => [from, to, gapSeconds > 0]),
      [
        ["prod", "dr", true],
        ["dr", "prod", true],
      ],
    );
    assert.ok(writes.acknowledged > 0);
    assert.equal(writes.lost, 0);
    const { live } = JSON.parse(at.dr("status", "--json").stdout) as { live: object };
    assert.deepEqual(live, { site: "prod", epoch: 7 });
    assert.equal(at.dr("evidence", "verify", "--head", evidence).code, 0);
  }).timeout(300_000);
});
