import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { withServerOn } from "../../../agent/sources/postgresql/scratch";
import type { Entry } from "../../../cli/backup/client";
import { binaries } from "../../../engines/postgres/binaries";
import { run } from "../../../engines/run";
import { serverUser } from "../../../engines/user";
import { processesOf } from "../../../cli/drill/lose-site";
import { until } from "../../helpers/workspace";
import { protectedSite, type ProtectedSite, type Said } from "./protected-site";

interface Outcome {
  readonly ok: boolean;
  readonly backups: readonly Entry[];
  readonly failures: readonly { readonly reason: string }[];
}

describe("pulumi-dr backup, backups, verify and restore on a real site", function () {
  this.timeout(600_000);
  let site: ProtectedSite;
  const TEXT = "what must come back\n".repeat(1000);
  before(async () => {
    site = await protectedSite();
    writeFileSync(path.join(site.uploads, "a.txt"), TEXT);
    await site.postgres.query("create table visits (id int primary key)");
    await site.postgres.query("insert into visits select generate_series(1, 1000)");
  });
  after(() => site?.remove());

  /** The one object on standard output. */
  const json = <T = Outcome>({ stdout }: Said): T => {
    assert.equal(stdout.trimEnd().split("\n").length, 1, stdout);
    return JSON.parse(stdout) as T;
  };
  const ids = (said: Said) => json(said).backups.map(({ id }) => id);
  const list = async (...args: string[]) => ids(await site.dr(["backups", "--json", ...args]));
  /** Asks again while the agent has something else to do for that source. */
  const onceIdle = async (args: readonly string[]): Promise<Said> => {
    let said: Said;
    await until(`the agent takes ${args.join(" ")}`, async () => {
      said = await site.dr(args);
      return !said.stderr.includes("the agent is busy");
    }, 120_000); // prettier-ignore
    return said!;
  };
  const restored = (name: string) => path.join(site.scratch, name, site.uploads, "a.txt");

  describe("in this process", () => {
    it("takes a backup of everything, and says ok of what is proven only", async () => {
      const said = await site.dr(["backup", "--json", "--description", "before the migration"]);
      const { ok, backups, failures } = json(said);
      assert.deepEqual([said.code, ok, failures], [0, true, []], said.stderr);
      assert.deepEqual([...new Set(backups.map(({ source }) => source))].sort(), ["orders", "volumes"]);
      for (const { state, description, repositories } of backups)
        assert.deepEqual([state, description, repositories.length], ["verified", "before the migration", 1]);
      assert.match(said.stderr, /^in this process: no agent runs at prod\n/);
      assert.deepEqual(new Set(await list()), new Set(backups.map(({ id }) => id)));
    });

    it("asks for a confirmation, and does nothing where nobody can give it", async () => {
      const { code, stdout, stderr } = await site.dr(
        ["restore", "latest", "--source", "volumes", "--to", path.join(site.scratch, "none")],
      ); // prettier-ignore
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /Nobody is there to confirm it; say --yes\n$/);
      assert.equal(existsSync(path.join(site.scratch, "none")), false);
    });

    it("restores files byte for byte, and never over what is there unless told to", async () => {
      const to = ["restore", "latest", "--source", "volumes", "--to", path.join(site.scratch, "files"), "--yes"];
      const first = await site.dr([...to, "--json"]);
      assert.deepEqual([first.code, json<{ ok: boolean }>(first).ok], [0, true], first.stderr);
      assert.equal(readFileSync(restored("files"), "utf8"), TEXT);
      writeFileSync(restored("files"), "something newer");
      const second = await site.dr(to);
      assert.equal(second.code, 2, second.stderr);
      assert.match(second.stderr, /--to must not hold .*uploads yet\. Say that it may be replaced \(--drop\)/);
      assert.equal(readFileSync(restored("files"), "utf8"), "something newer");
      assert.equal((await site.dr([...to, "--drop"])).code, 0);
      assert.equal(readFileSync(restored("files"), "utf8"), TEXT);
    });

    it("brings PostgreSQL back to a moment, as psql sees it", async () => {
      await site.postgres.query("insert into visits values (1001)");
      const [{ now }] = (await site.postgres.query<{ now: Date }>("select clock_timestamp() as now")) as [
        { now: Date },
      ];
      await site.postgres.query("select pg_sleep(0.1)");
      await site.postgres.query("insert into visits values (1002)");
      const [{ name }] = (await site.postgres.query<{ name: string }>(
        "select pg_walfile_name(pg_switch_wal()) as name",
      )) as [{ name: string }];
      const archived = `select 1 from pg_stat_archiver where last_archived_wal >= '${name}'`;
      await until("the WAL is archived", async () => (await site.postgres.query(archived)).length > 0, 60_000);
      const folder = path.join(site.scratch, "pg");
      const time = new Date(now.getTime() + 50).toISOString();
      const said = await site.dr(["restore", "latest", "--source", "orders", "--to", folder, "--time", time, "--yes"]);
      assert.equal(said.code, 0, said.stderr);
      const count = await withServerOn(folder, ({ socketFolder, port }) =>
        run(
          path.join(binaries().folder, "psql"),
          ["-h", socketFolder, "-p", String(port), "-U", "postgres", "-d", "orders", "-Atc", "select count(*), max(id) from visits"],
          { user: serverUser(), cwd: "/" },
        ),
      ); // prettier-ignore
      assert.equal(count.trim(), "1001|1001");
    });

    it("refuses a moment before all that there is, naming the range, with nothing done", async () => {
      const folder = path.join(site.scratch, "early");
      const said = await site.dr(["restore", "latest", "--source", "orders", "--to", folder, "--time", "2020-01-01T00:00:00Z", "--yes"]); // prettier-ignore
      assert.equal(said.code, 2);
      assert.match(said.stderr, /orders can be brought back to any moment from 20\d\d-\S+Z to the last WAL/);
      assert.equal(existsSync(folder), false);
    });

    it("proves a backup by a restore", async () => {
      const said = await site.dr(["verify", "latest", "--source", "volumes", "--json"]);
      const { ok, backups } = json(said);
      assert.deepEqual(
        [said.code, ok, backups.map(({ verdict }) => verdict?.level)],
        [0, true, ["restore"]],
        said.stderr,
      );
    });

    it("rolls a backup back on Ctrl-C, and leaves nothing running", async () => {
      const before = await list("orders");
      const { child, said } = site.begin(["backup", "orders"], { DR_TRACE: "1" });
      let stderr = "";
      child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      await until("the backup has begun", () => stderr.includes("backup-started"), 60_000);
      child.kill("SIGINT");
      const ended = await said;
      assert.equal(ended.code, 130, ended.stderr);
      assert.match(ended.stderr, /interrupted: the backup was rolled back, and nothing of it is listed\n/);
      assert.deepEqual(await list("orders"), before);
      assert.deepEqual(processesOf(path.join(site.scratch, "../sites")), []);
    });
  });

  describe("through the agent's process", () => {
    let url: string;
    before(async () => (url = await site.startAgent()));
    after(() => site.stopAgent());

    it("says the same of the same repositories", async () => {
      const said = await onceIdle(["backups", "volumes", "--json"]);
      assert.deepEqual([said.code, said.stderr.includes("in this process")], [0, false], said.stderr);
      const direct = await site.dr(["backups", "volumes", "--json", "--direct"]);
      assert.deepEqual(json(said).backups, json(direct).backups);
      assert.match(direct.stderr, /^in this process, beside prod's agent: each waits/);
    });

    it("takes, proves and restores", async () => {
      const taken = await onceIdle(["backup", "volumes", "--json"]);
      assert.deepEqual([taken.code, json(taken).ok], [0, true], taken.stderr);
      const [id] = ids(taken);
      const proven = await onceIdle(["verify", id!, "--json"]);
      assert.deepEqual([proven.code, json(proven).backups[0]!.verdict?.level], [0, "restore"], proven.stderr);
      const back = await onceIdle(["restore", id!, "--to", path.join(site.scratch, "agent"), "--yes"]);
      assert.equal(back.code, 0, back.stderr);
      assert.equal(readFileSync(restored("agent"), "utf8"), TEXT);
    });

    it("takes one beside the agent", async () => {
      const said = await site.dr(["backup", "volumes", "--direct", "--json"]);
      assert.deepEqual([said.code, json(said).ok], [0, true], said.stderr);
    });

    it("is reached by its address too, with the token from the environment", async () => {
      const token = readFileSync(path.join(site.postgres.options.endpoint.keysFolder, "api.key"), "utf8").trim();
      const named = await site.dr(["backups", "--agent", url, "--json"], { DR_API_TOKEN: token });
      assert.deepEqual(ids(named), await list());
      const wrong = await site.dr(["backups", "--agent", url], { DR_API_TOKEN: "canary-wrong-token-000" });
      assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
      assert.match(wrong.stderr, /^pulumi-dr: the agent does not let this in: the bearer token is not this agent's/);
      const none = await site.dr(["backups", "--agent", url], { DR_API_TOKEN: "" });
      assert.deepEqual([none.code, /--agent needs the agent's token/.test(none.stderr)], [2, true]);
    });

    it("goes on with a backup after Ctrl-C, which is listed then", async () => {
      const before = await list("orders");
      await until("the agent is idle", async () => (await running(url)) === 0, 120_000);
      const { child, said } = site.begin(["backup", "orders", "--type", "incr"]);
      await until("the backup has begun", async () => (await running(url)) > 0, 60_000);
      child.kill("SIGINT");
      const ended = await said;
      assert.equal(ended.code, 130, ended.stderr);
      assert.match(
        ended.stderr,
        /interrupted here; the backup goes on at the agent as job backup-\S+\. npx pulumi-dr backups/,
      );
      await until("it is listed", async () => (await list("orders")).length >= before.length + 2, 120_000);
    });
  });
});

/** Jobs that an agent does just now, as it tells Prometheus. */
async function running(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^dr_job_running\{kind="backup"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
