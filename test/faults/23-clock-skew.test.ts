import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { dueAt } from "../../agent/jobs/schedule";
import { takeBackup } from "../../agent/jobs/work";
import { ResticRepository } from "../../agent/repository/restic";
import { bundlePath } from "../../engines/bundle";
import { keyFile } from "../../engines/keys";
import { binaries } from "../../engines/postgres/binaries";
import * as cluster from "../../engines/postgres/cluster";
import { bareEnvironment, run } from "../../engines/run";
import { serverUser } from "../../engines/user";
import { chooseBackup } from "../../provider/postgres/choose-backup";
import { parseRecoveryPoint } from "../../provider/postgres/recovery-point";
import { configIn } from "../agent/running";
import { manual, protectedPostgres } from "../helpers/protected-postgres";
import { skip } from "../helpers/skip";
import { temporary } from "../helpers/temporary";
import { entry, tools } from "./protected-files";

/** Stands between a program and the system's clock. `scripts/setup --tests` brings it. */
const FAKETIME = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/lib64"]
  .map((folder) => path.join(folder, "faketime/libfaketimeMT.so.1"))
  .find((file) => existsSync(file));

const MINUTE_MS = 60_000;

// What plain data proves: schedules through both changes of the clock and after one that was wrong
// (test/agent/jobs/schedule.test.ts), the worst gap with its zone's changes (test/plan/schedule.test.ts), ten years of retention
// with clocks that jump (test/agent/jobs/retention.test.ts), lag by positions and not by clocks (test/agent/watch/lag.test.ts,
// test/cli/watch/loss.test.ts), RPO by the one clock of the outside client (test/cli/drill/measure.test.ts).
describe("fault 23: a clock that is ten minutes wrong", function () {
  this.timeout(600_000);
  const at = temporary();
  before(function () {
    if (!FAKETIME) skip(this, "no libfaketime");
  });
  const wrong = { LD_PRELOAD: FAKETIME ?? "", FAKETIME_DONT_FAKE_MONOTONIC: "1" };

  it("refuses a backup that would stand before the last one, names nothing of it, and goes on when the clock is right", async () => {
    const postgres = await protectedPostgres();
    try {
      const server = path.join(postgres.folder, "server");
      const setClock = (minutes: number) =>
        writeFileSync(path.join(postgres.folder, "clock"), `${minutes < 0 ? "" : "+"}${minutes}m\n`);
      setClock(10);
      await cluster.stop(server);
      const words = ["--pgdata", cluster.dataFolder(server), "--log", path.join(server, "server.log"), "--wait"];
      await run(path.join(binaries().folder, "pg_ctl"), ["start", ...words], {
        ...{ user: serverUser(), cwd: "/" },
        env: { ...wrong, FAKETIME_TIMESTAMP_FILE: path.join(postgres.folder, "clock"), FAKETIME_NO_CACHE: "1" },
      });
      const aheadMinutes = async () => {
        const [row] = await postgres.query<{ now: Date }>("select clock_timestamp() as now");
        return Math.round((row!.now.getTime() - Date.now()) / MINUTE_MS);
      };
      const own = await postgres.repository();
      const source = postgres.physical();
      const backUp = () => takeBackup({ source, entry }, manual(), own, tools(postgres.folder));
      const names = async () => (await own.list()).map(({ backup }) => backup.id);

      assert.equal(await aheadMinutes(), 10);
      await postgres.query("create table orders as select 1 as id");
      const { backup: first } = await backUp();
      assert.ok(Date.parse(first.startedAt) > Date.now() + 8 * MINUTE_MS, "it goes by the server's clock");

      setClock(-10);
      assert.equal(await aheadMinutes(), -10);
      await postgres.query("insert into orders values (2)");
      await assert.rejects(backUp(), /new backup label '\S+' is not later than latest backup label '\S+'.*clock skew/s);
      assert.deepEqual(await names(), [first.id]);
      assert.equal(chooseBackup(await own.list(), { kind: "latest" }).id, first.id);

      setClock(20);
      const { backup: second } = await backUp();
      assert.deepEqual(await names(), [first.id, second.id]);
      assert.equal(chooseBackup(await own.list(), { kind: "latest" }).id, second.id);
      assert.equal(second.counts["public.orders"], 2);
    } finally {
      await postgres.stop();
    }
  });

  it("has retention let go of the older backup, never of the one just taken, whose date is the older", async () => {
    const one = { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    const config = await configIn(at, (plan) => (plan.data["volumes"]!["retention"] = one));
    writeFileSync(at("config.json"), JSON.stringify(config));
    const backUp = (env: Record<string, string> = {}) => {
      const { status, stdout } = spawnSync(process.execPath, [bundlePath("agent/main.ts"), "--once", "full"], {
        ...{ env: bareEnvironment({ DR_CONFIG: at("config.json"), ...env }), encoding: "utf8" },
      });
      assert.equal(status, 0, stdout);
    };
    const repository = new ResticRepository({
      ...{ name: "own", url: at("bucket/restic"), cacheFolder: at("cache") },
      passwordFile: keyFile(at("keys"), "restic"),
    });
    backUp();
    const [first] = await repository.list();
    writeFileSync(at("files/uploads/letter.txt"), "the newest letter");

    backUp({ ...wrong, FAKETIME: "-10m" });
    const now = (await repository.list()).map(({ backup }) => backup);
    const second = now.find(({ id }) => id !== first!.backup.id);
    assert.ok(second, "the backup that was just taken is there");
    assert.ok(second.startedAt < first!.backup.startedAt, "by its date it is the older one");
    await repository.check(second.locator);

    backUp();
    const after = (await repository.list()).map(({ backup }) => backup);
    assert.ok(after.at(-1)!.startedAt > first!.backup.startedAt);
    assert.equal(after.length, 1, "once the clock is right the plan's one is kept, and it is the newest");
  });

  it("holds up no schedule, and a second that is told twice does neither", () => {
    const task = { source: "orders", kind: "full", cron: "0 0 * * *", timeZone: "UTC" } as const;
    const midnight = new Date("2017-01-01T00:00:00Z");
    const [begin, end] = ["2016-12-31T23:59:59.100Z", "2016-12-31T23:59:59.900Z"].map((text) => new Date(text));
    assert.deepEqual(dueAt(task, end!, begin!), begin, "done at the end of the second, asked at its beginning");
    assert.deepEqual(dueAt(task, end!, midnight), midnight);
    assert.equal(dueAt(task, midnight, new Date(midnight.getTime() + 1000)), undefined, "and once only");
    assert.throws(() => parseRecoveryPoint("2016-12-31T23:59:60Z"), /such as 2026-11-21T17:30:00Z/);
  });
});
