import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Backup } from "../../agent/contract";
import { ResticRepository } from "../../agent/repository/restic";
import { restic, type ResticPlace } from "../../agent/repository/restic-command";
import { info, pgbackrest } from "../../agent/sources/postgresql/pgbackrest";
import { withServerOn } from "../../agent/sources/postgresql/scratch";
import { bundlePath } from "../../engines/bundle";
import { makeFolder } from "../../engines/files";
import { keyFile } from "../../engines/keys";
import { descendants, identify, isRunning, type ProcessId } from "../../engines/process";
import { placeIn } from "../agent/repository/place";
import { startChild, type Child } from "../helpers/child";
import { contentsOf } from "../helpers/folder-repository";
import { protectedPostgres } from "../helpers/protected-postgres";
import { protect, type Protection } from "../helpers/victim";
import { until } from "../helpers/workspace";

const DAY_MS = 86_400_000;
const seed = Number(process.env.DR_SEED ?? Date.now() % 1_000_000);

/** Numbers from 0 to 1, the same for the same seed. */
function random(name: string): () => number {
  let drawn = 0;
  return () => createHash("sha256").update(`${seed} ${name} ${drawn++}`).digest().readUInt32LE(0) / 2 ** 32;
}

/** What is killed, and how the world outside sees what is left. */
interface Target {
  readonly protection: Protection;
  readonly write: (round: number) => Promise<void>;
  /** Restores a backup without the agent and answers the round whose data it holds, whole. */
  readonly roundOf: (backup: Backup) => Promise<number>;
  /** Backups that were begun and are not listed: the next one takes them up or clears them away. */
  readonly halves?: () => Promise<readonly string[]>;
  /** Files that were begun and not named. */
  readonly drafts: () => readonly string[];
}

/** Kills a backup at random moments; each time the newest that is listed must be whole, and the next one must come. */
async function killAgainAndAgain(name: string, times: number, target: Target): Promise<void> {
  const draw = random(name);
  const { protection } = target;
  const program = bundlePath("test/helpers/victim.ts");
  const start = () => startChild([program], { DR_VICTIM: JSON.stringify(protection) });
  const newest = async () => (await new ResticRepository(protection.place).list()).at(-1)!.backup;
  await target.write(0);
  const began = Date.now();
  await protect(protection);
  let wholeMs = Date.now() - began;
  let good = 0;
  let victim = start();
  try {
    for (let round = 1; round <= times; round++) {
      await target.write(round);
      const after = Math.round(draw() * wholeMs);
      const alone = draw() < 0.5;
      const what = `round ${round}, ${alone ? "tools alive" : "tools dead"}, after ${after} ms, seed ${seed}`;
      await victim.ready;
      victim.go();
      await new Promise((r) => setTimeout(r, after));
      const tools = kill(victim, alone);
      await victim.ended;
      victim = start(); // loads while the rest is looked at
      const held = await target.roundOf(await newest());
      assert.ok(held === round || held === good, `${what}: the newest holds round ${held}, not ${round} or ${good}`);
      const again = Date.now();
      const { verdict } = await protect(protection);
      wholeMs = (wholeMs + Date.now() - again) / 2;
      assert.equal(verdict.verified, true, what);
      good = round;
      await until(`${what}: tools to end`, () => !tools.some(isRunning));
      assert.deepEqual((await target.halves?.()) ?? [], [], what);
    }
    // A lock that a dead tool shared hinders nobody; who needs the repository for itself clears them all away, at once.
    // What a tool had begun to write goes a day later, when it cannot be another's at work.
    const repository = new ResticRepository(protection.place);
    await repository.sweep(new Date(Date.now() + 2 * DAY_MS));
    await repository.prune();
    assert.deepEqual(await locksOf(protection.place), []);
    assert.deepEqual(target.drafts(), []);
    assert.equal(await target.roundOf(await newest()), times);
  } finally {
    signal(victim.pid, "SIGKILL");
    await victim.ended;
  }
}

/** Kills by SIGKILL, alone or with everything that it has started; answers its tools. */
function kill({ pid }: Child, alone: boolean): readonly ProcessId[] {
  signal(pid, "SIGSTOP"); // it must not start another tool meanwhile
  const tools = descendants(pid).flatMap((one) => identify(one) ?? []);
  signal(pid, "SIGKILL");
  if (!alone) for (const tool of tools) signal(tool.pid, "SIGKILL");
  return tools;
}

/** To a process that may have come to its end in this moment. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const locksOf = async (place: ResticPlace) =>
  (await restic(place, ["list", "locks", "--no-lock", "--no-cache", "--quiet"])).split("\n").filter(Boolean);

describe("fault 9: kill -9 of the backup process", function () {
  this.timeout(600_000);
  let folder: string;
  before(() => {
    console.log(`      seed ${seed} (DR_SEED repeats it)`);
    folder = mkdtempSync(path.join(tmpdir(), "dr-test-"));
    chmodSync(folder, 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("files, twenty times: what is listed is whole, no lock stays, the next backup comes", () => {
    const data = path.join(folder, "data");
    const place = placeIn(folder);
    /** Files that all tell the same round, and that no chunk of another round can stand in for. */
    const contents = (round: number) =>
      Object.fromEntries(
        Array.from({ length: 12 }, (_, file) => {
          const block = createHash("shake256", { outputLength: 256 * 1024 })
            .update(`${round} ${file}`)
            .digest();
          return [`file-${file}`, Buffer.concat([Buffer.from(`${round}\n`), block])];
        }),
      );
    return killAgainAndAgain("files", 20, {
      protection: {
        place,
        files: { name: "volumes", plan: "shop", site: "prod", engine: "files", paths: [data] },
      },
      write: (round) => {
        mkdirSync(data, { recursive: true });
        for (const [name, content] of Object.entries(contents(round))) writeFileSync(path.join(data, name), content);
        return Promise.resolve();
      },
      async roundOf({ locator }) {
        const into = path.join(folder, "restored");
        await restic(place, ["restore", "--no-lock", "--no-cache", locator, "--target", makeTarget(into)]);
        const found = contentsOf(path.join(into, data));
        rmSync(into, { recursive: true });
        const round = Number(found["file-0"]!.toString("latin1").split("\n")[0]);
        assert.deepEqual(found, contents(round));
        return round;
      },
      drafts: () => draftsIn(folder),
    });
  });

  it("physical PostgreSQL, three times: the same, by pgBackRest and the engine itself", async () => {
    const at = await protectedPostgres();
    const place = {
      ...{ name: "own", url: path.join(at.bucket("own"), "restic") },
      ...{ passwordFile: keyFile(at.endpoint.keysFolder, "restic"), cacheFolder: path.join(at.folder, "agent/cache") },
    };
    const stanza = {
      ...{ ...at.options.stanza, repository: at.options.archives["own"]! },
      ...{ dataFolder: path.join(at.folder, "restored"), configFile: path.join(at.folder, "look.conf") },
    };
    try {
      await at.query(
        "create table rounds as select 0 as round, id, repeat(md5(id::text), 20) from generate_series(1, 20000) id",
      );
      await killAgainAndAgain("physical", 3, {
        protection: { place, physical: at.options },
        write: (round) => at.query(`update rounds set round = ${round}`).then(() => {}),
        async roundOf({ locator }) {
          const listed = (await info(stanza))!.backup.find(({ label }) => label === locator);
          assert.ok(listed && !listed.error, `pgBackRest does not list ${locator}`);
          const options = [`--set=${locator}`, "--type=immediate", "--target-action=promote", "--archive-mode=off"];
          makeTarget(stanza.dataFolder);
          await pgbackrest({ ...stanza, workFolder: path.join(at.folder, "look") }, [...options, "restore"]);
          const found = await withServerOn(stanza.dataFolder, (copy) =>
            copy.connected("shop", async (client) => {
              const { rows } = await client.query<{ round: number; rows: string; ids: string }>(
                "select round, count(*) as rows, sum(id) as ids from rounds group by round",
              );
              return rows;
            }),
          );
          rmSync(stanza.dataFolder, { recursive: true });
          assert.equal(found.length, 1, "a backup holds one moment");
          const { round, rows, ids } = found[0]!;
          assert.deepEqual({ rows, ids }, { rows: "20000", ids: "200010000" });
          return round;
        },
        async halves() {
          const labels = (await info(stanza))!.backup.map(({ label }) => label);
          const folders = readdirSync(path.join(at.bucket("own"), "pgbackrest/backup", stanza.name));
          return folders.filter((name) => /^\d{8}-/.test(name) && !labels.includes(name));
        },
        drafts: () => [at.bucket("own"), path.join(at.folder, "agent")].flatMap(draftsIn),
      });
    } finally {
      await at.stop();
    }
  });
});

function makeTarget(target: string): string {
  assert.equal(existsSync(target), false);
  makeFolder(target, 0o700);
  return target;
}

/** Files that were begun and not named yet. */
const draftsIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /-tmp-|\.draft|\.pgbackrest\.tmp$/.test(name),
  );
