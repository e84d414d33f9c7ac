import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import * as path from "node:path";
import { stateOf } from "../../agent/contract";
import type { Entry } from "../../cli/backup/client";
import { processesOf } from "../../cli/drill/lose-site";
import { putSampleFiles } from "../../cli/drill/sample-files";
import { restoresFrom } from "../../cli/recovery/restores";
import { lookUpAddress, lookUpAuthority } from "../../engines/dns/lookup";
import { keptPorts } from "../../engines/ports";
import { runningPid, start } from "../../engines/postgres/cluster";
import { connected, serverState } from "../../engines/postgres/sql";
import { serverUser } from "../../engines/user";
import { parsePlan } from "../../plan";
import { filesBelow, makeWorkspace, until, type Workspace } from "../helpers/workspace";

describe("the three stacks on this machine", function () {
  this.timeout(600_000);
  let at: Workspace;
  const NAME = "app.cotai.test";
  const ports = () => keptPorts(path.join(at.location, "cotai/.commons/ports.json"));
  const nameServer = () => ({ address: "127.0.0.1", port: ports()["dns"]! });
  const server = (site: string) => path.join(at.place(site).region, "postgres");
  const query = <T extends object>(site: string, sql: string) =>
    connected(at.endpoint(site), async (client) => (await client.query<T>(sql)).rows);

  const showsNoChange = (stack: string) => {
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const second = at.pulumi(...command, "--stack", stack, "--expect-no-changes");
      assert.equal(second.code, 0, second.output);
    }
  };

  let told: Record<string, string>;
  before(() => {
    at = makeWorkspace();
    const plan = parsePlan(readFileSync(path.join(at.folder, "plan.yaml"), "utf8"), "plan.yaml");
    putSampleFiles(plan, at.place("prod").region, at.place("prod").files);
    told = Object.fromEntries(["prod", "dr", "dns"].map((stack) => [stack, at.up(stack).output]));
  });
  after(() => at.remove());

  it("make a primary with checksums, a streaming replica, and a name that says who is live", async () => {
    const [settings] = await query<{ checksums: string }>(
      "prod",
      "select current_setting('data_checksums') as checksums",
    );
    assert.equal(settings?.checksums, "on");
    const standby = await connected(at.endpoint("dr"), serverState);
    assert.deepEqual([standby.role, standby.streaming], ["standby", true]);
    assert.deepEqual(await lookUpAuthority(nameServer(), NAME), { site: "prod", epoch: 1 });
    assert.deepEqual(await lookUpAddress(nameServer(), NAME), { address: at.place("prod").address, ttl: 5 });
    const status = at.dr("status", "--json");
    assert.equal(status.code, 0, status.output);
  });

  it("warn that nobody has measured a drill yet, and come up all the same", () => {
    for (const stack of ["prod", "dr"]) assert.match(told[stack]!, /warning: no drill of cotai was ever measured/);
    assert.doesNotMatch(told["dns"]!, /drill/);
  });

  it("carry a row from the primary to the replica", async () => {
    await query("prod", "create table crossing as select 42 as answer");
    await until(
      "the row at dr",
      async () =>
        await query("dr", "select to_regclass('crossing') is not null as there").then(
          ([row]) => (row as { there: boolean }).there,
        ),
    );
    assert.deepEqual(await query("dr", "select answer from crossing"), [{ answer: 42 }]);
  });

  it("show no change at a second up", () => {
    for (const stack of ["prod", "dr", "dns"]) showsNoChange(stack);
  });

  it("show no drift at a refresh", () => {
    for (const stack of ["prod", "dr", "dns"]) {
      const refreshed = at.pulumi("refresh", "--stack", stack, "--yes", "--skip-preview", "--expect-no-changes");
      assert.equal(refreshed.code, 0, refreshed.output);
    }
  });

  it("run every process as a user that is not root, in a session of its own", () => {
    for (const site of ["prod", "dr"]) {
      const all = processesOf(at.place(site).region);
      assert.ok(all.length > 0);
      for (const pid of all) assert.equal(statSync(`/proc/${pid}`).uid, serverUser().uid, `process ${pid} of ${site}`);
    }
    const stat = readFileSync(`/proc/${runningPid(server("prod"))}/stat`, "utf8").split(" ");
    assert.equal(stat[5], stat[0], "the server leads its own session, so that no shell takes it along");
  });

  it("ship WAL, encrypted, to the site's own bucket and to the other's", async () => {
    const buckets = [at.place("prod").bucket, at.place("dr").copyOf("prod")];
    const segments = (bucket: string) => {
      const archive = path.join(bucket, "pgbackrest/archive");
      return existsSync(archive) ? filesBelow(archive).filter((file) => /\/[0-9A-F]{24}-/.test(file)) : [];
    };
    const [now] = await query<{ wal: string }>("prod", "select pg_walfile_name(pg_current_wal_lsn()) as wal");
    await query("prod", "select pg_switch_wal()");
    for (const bucket of buckets) {
      await until(
        `${now!.wal} in ${bucket}`,
        () => segments(bucket).some((file) => path.basename(file).startsWith(now!.wal)),
        60_000,
      );
      assert.equal(
        readFileSync(segments(bucket)[0]!).subarray(0, 8).toString(),
        "Salted__",
        "encrypted by a passphrase",
      );
    }
  });

  it("take a backup at once and read it back, and say in both buckets how it is restored", async () => {
    const buckets = [at.place("prod").bucket, at.place("dr").copyOf("prod")];
    for (const bucket of buckets) {
      const verified = async () =>
        (await at.backups(bucket, "postgres")).some((known) => stateOf(known) === "verified");
      await until(`a verified backup in ${bucket}`, verified, 60_000);
      const [{ backup } = assert.fail()] = await at.backups(bucket, "postgres");
      assert.deepEqual([backup.type, backup.site, backup.trigger], ["full", "prod", "start"]);
      const { systemIdentifier } = await connected(at.endpoint("prod"), serverState);
      assert.equal(backup.details["systemIdentifier"], systemIdentifier);
    }
  });

  it("keep files and configuration in the copy in dr's region", async () => {
    for (const source of ["volumes", "settings"])
      await until(
        `a verified backup of ${source} at dr`,
        async () =>
          (await at.backups(at.place("dr").copyOf("prod"), source)).some((known) => stateOf(known) === "verified"),
        120_000,
      );
  });

  it("start a service again that died", async () => {
    const url = `http://${at.place("prod").address}:${ports()["backend"]}/health`;
    const healthy = () =>
      fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
        ({ ok }) => ok,
        () => false,
      );
    assert.equal(await healthy(), true);
    const [pid] = processesOf(path.join(at.place("prod").region, "backend")).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("role-endpoint"),
    );
    process.kill(pid!, "SIGKILL");
    await until("the service to go", async () => !(await healthy()), 5_000);
    await until("the service to come back", healthy);
  });

  const killServer = async (site: string) => {
    process.kill(runningPid(server(site))!, "SIGKILL");
    await until("the server to be gone", () => runningPid(server(site)) === undefined);
  };
  const streams = async () => (await connected(at.endpoint("dr"), serverState)).streaming;

  it("see at refresh that a server died, and start it at the next up with its data", async () => {
    await killServer("prod");
    const seen = at.pulumi("refresh", "--stack", "prod", "--yes", "--skip-preview", "--expect-no-changes");
    assert.notEqual(seen.code, 0, "refresh must notice");
    at.up("prod");
    assert.deepEqual(await query("prod", "select answer from crossing"), [{ answer: 42 }]);
    await until("the replica to stream again", streams);
  });

  it("bring up again, by a plain up, what died or was started by its machine", async () => {
    await killServer("prod");
    await start(server("prod"));
    await assert.rejects(query("prod", "create table too_early (n int)"), /read-only transaction/);
    const died = [path.join(at.place("prod").region, "backend"), path.join(at.location, "cotai/.commons/dns")];
    for (const folder of died) for (const pid of processesOf(folder)) process.kill(pid, "SIGKILL");
    for (const stack of ["dns", "prod"]) at.up(stack); // who is live must be known before a site may write
    await query("prod", "create table in_time (n int)");
    for (const folder of died) assert.notEqual(processesOf(folder).length, 0, `${folder} runs`);
    for (const stack of ["prod", "dns"]) showsNoChange(stack);
  });

  it("copy a standby anew, by a plain up, whose data is gone", async () => {
    await killServer("dr");
    rmSync(server("dr"), { recursive: true });
    at.up("dr");
    await until("the replica to stream again", streams);
    assert.deepEqual(await query("dr", "select answer from crossing"), [{ answer: 42 }]);
    showsNoChange("dr");
  });

  it("refuse in preview to promote a standby that nobody spoke for", async () => {
    const refused = at.pulumi("preview", "--stack", "dr", "--config", "dr:activation=active");
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /demotionToken.*must be given to promote a standby/s);
    assert.equal((await connected(at.endpoint("dr"), serverState)).role, "standby");
    at.pulumi("config", "set", "dr:activation", "standby", "--stack", "dr");
  });

  it("recover from the loss of the region with no acknowledged write lost, and say what it took", async () => {
    const drill = at.dr("drill", "region-loss", "--yes", "--json", "--data", "8", "--writes", "1");
    assert.equal(drill.code, 0, drill.output);
    const said = JSON.parse(drill.stdout) as {
      passed: boolean;
      rto: { targetSeconds: number; measuredSeconds: number };
      writes: Record<"acknowledged" | "survived" | "lost", number>;
      evidence: string;
    };
    assert.equal(said.passed, true);
    assert.equal(said.rto.targetSeconds, 900);
    assert.equal(existsSync(at.place("prod").region), false, "the region is really gone");

    // The engine's own word beside the drill's.
    const { role, timeline } = await connected(at.endpoint("dr"), serverState);
    assert.equal(role, "primary");
    assert.ok(timeline >= 1);
    const rows = await connected({ ...at.endpoint("dr"), database: "cotai" }, (client) =>
      client.query("select from dr_heartbeat"),
    );
    assert.ok(
      rows.rowCount! >= said.writes.survived,
      `${rows.rowCount} rows, ${said.writes.survived} said to have survived`,
    );
    assert.equal(said.writes.acknowledged - said.writes.survived, said.writes.lost);
    assert.deepEqual(await lookUpAuthority(nameServer(), NAME), { site: "dr", epoch: 2 });
    assert.deepEqual(await query("dr", "select answer from crossing"), [{ answer: 42 }]);

    // What was measured is on record where the lost region cannot take it along.
    const kept = at.dr("evidence", "verify", "--head", said.evidence);
    assert.equal(kept.code, 0, kept.output);
    assert.match(kept.stdout, /- prod: there is no bucket now/);
    const record = filesBelow(path.join(at.place("dr").bucket, "evidence")).find((file) =>
      file.includes(said.evidence),
    );
    const { measured, after } = JSON.parse(readFileSync(record!, "utf8")) as Record<string, Record<string, unknown>>;
    assert.deepEqual([measured!["rto"], measured!["writes"]], [said.rto, said.writes]);
    assert.deepEqual(after!["live"], { site: "dr", epoch: 2 });
  });

  it("show no change after the recovery either", () => {
    for (const stack of ["dr", "dns"]) showsNoChange(stack);
  });

  it("say in status that one copy is left", () => {
    const status = at.dr("status", "--json");
    assert.equal(status.code, 1);
    const { problems, lastDrill } = JSON.parse(status.stdout) as { problems: string[]; lastDrill: object };
    assert.deepEqual(problems, ["postgres: one copy only; prod has no streaming replica"]);
    assert.deepEqual({ ...lastDrill, scenario: "region-loss", passed: true }, lastDrill);
  });

  it("bring back at dr what the lost region backed up, by the command that failover names, out of dr's region alone", async () => {
    assert.equal(existsSync(at.place("prod").region), false);
    const listed = at.dr("backups", "--json");
    const { backups } = JSON.parse(listed.stdout) as { backups: Entry[] };
    const { data } = parsePlan(readFileSync(path.join(at.folder, "plan.yaml"), "utf8"), "plan.yaml");
    const named = restoresFrom(data, "prod", "dr", backups);
    for (const [source, file] of [
      ["volumes", "cotai_uploads/sample.txt"],
      ["settings", ".env.production"],
    ] as const) {
      const restore = named.find((one) => one.source === source)!;
      assert.ok("command" in restore, listed.output);
      const [, , , ...words] = restore.command.split(" ");
      let said = at.dr("restore", ...words, "--yes");
      await until(`dr's agent takes the restore of ${source}`, () => {
        if (said.output.includes("the agent is busy")) said = at.dr("restore", ...words, "--yes");
        return !said.output.includes("the agent is busy");
      });
      assert.equal(said.code, 0, said.output);
      assert.match(said.output, /taken at +prod; it is read from copy-of-prod/);
      assert.match(readFileSync(path.join(at.place("dr").files, file), "utf8"), new RegExp(`^A sample of ${source}: `));
    }
  });

  it("back the new writer up at once, in its own bucket", async () => {
    const backups = () => at.backups(at.place("dr").bucket, "postgres");
    await until("a backup of dr", async () => (await backups()).length > 0, 60_000);
    assert.equal((await backups())[0]?.backup.site, "dr");
  });

  it("never start an empty database in place of a lost one", () => {
    const refused = at.pulumi("up", "--stack", "prod", "--yes", "--skip-preview", "--refresh");
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.output,
      /prod has no data, and the authority record says dr is live \(epoch 2\); an empty database must not take its place/,
    );
    assert.equal(existsSync(path.join(server("prod"), "data")), false);
  });

  it("refuse to let the name go back to a site of the past", async () => {
    const refused = at.pulumi("up", "--stack", "dns", "--yes", "--skip-preview", "--config", "dr:liveSite=prod");
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /`liveSite` must take writes; prod's postgres/);
    assert.deepEqual(await lookUpAuthority(nameServer(), NAME), { site: "dr", epoch: 2 });
    at.up("dns", "--config", "dr:liveSite=dr");
  });

  it("end every process at destroy, and say which data is kept and where", async () => {
    const folder = server("dr");
    const destroyed = at.pulumi("destroy", "--stack", "dr", "--yes", "--skip-preview");
    assert.equal(destroyed.code, 0, destroyed.output);
    assert.match(destroyed.output, new RegExp(`kept: the data in ${folder}`));
    assert.deepEqual(processesOf(at.place("dr").region), []);
    assert.ok(existsSync(path.join(folder, "data/PG_VERSION")));
    at.up("dr");
    assert.deepEqual(await query("dr", "select answer from crossing"), [{ answer: 42 }]);
    rmSync(path.join(at.folder, "nothing"), { force: true });
  });
});
