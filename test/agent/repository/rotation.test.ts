import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { keyAge } from "../../../agent/repository/key-age";
import { rotateKeys, type Rotated, type RotationConfig } from "../../../agent/repository/rotation";
import { repositoryOf } from "../../../agent/repository/stores";
import { withServerOn } from "../../../agent/sources/postgresql/scratch";
import { makeFolder, own, writeWhole } from "../../../engines/files";
import { key, keyFile } from "../../../engines/keys";
import { owner } from "../../../engines/run";
import { serverUser } from "../../../engines/user";
import { entry } from "../../faults/protected-files";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../../helpers/protected-postgres";
import { temporary } from "../../helpers/temporary";
import { backupOf } from "./place";
import { cutOff } from "./interrupted";

const noSecrets = () => undefined;

/** Asks the tool itself, and nothing of ours, whether a key opens a repository. */
function opensRestic(url: string, password: string): boolean {
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", RESTIC_REPOSITORY: url, RESTIC_PASSWORD: password };
  return spawnSync("restic", ["snapshots", "--no-lock", "--no-cache"], { env, ...owner(serverUser()) }).status === 0;
}

describe("agent/repository/rotation", function () {
  this.timeout(600_000);

  describe("of files", () => {
    const folder = temporary();
    const keyIn = (name = "restic") => readFileSync(keyFile(folder("keys"), name), "utf8").trim();
    let config: RotationConfig;
    beforeEach(async () => {
      for (const name of ["one", "two"]) makeFolder(folder(name));
      makeFolder(folder("agent"));
      key(folder("keys"), "repository");
      config = {
        ...{ folder: folder("agent"), keysFolder: folder("keys"), secretsFolder: folder("secrets"), sources: [] },
        repositories: [{ name: "one", bucket: folder("one") }],
      };
      const one = repositoryOf(config, config.repositories[0]!, noSecrets);
      await one.open();
      await one.writeBackup(backupOf("before"));
    });
    const isWhole = async () => {
      const names = (await repositoryOf(config, config.repositories[0]!, noSecrets).list()).map((one) => one.backup.id);
      assert.deepEqual(names, ["before"]);
    };

    it("lets the new key in and shuts the old one out, wherever it is interrupted; the key in use opens it throughout", async () => {
      // It was let in; the old one was asked for; it was removed.
      for (const after of [2, 4, 7]) {
        const old = keyIn();
        await assert.rejects(cutOff(folder(), "restic", after, () => rotateKeys(config, silent)));
        await isWhole();
        const { resumed } = await rotateKeys(config, silent);
        assert.equal(resumed, true, `cut off at ${after}`);
        assert.deepEqual(readdirSync(folder("keys")).sort(), ["repository.key", "restic.key"]);
        assert.notEqual(keyIn(), old);
        assert.equal(opensRestic(folder("one/restic"), old), false, `cut off at ${after}`);
      }
      assert.equal(opensRestic(folder("one/restic"), keyIn()), true);
      await isWhole();
    });

    it("changes nothing while a repository cannot be reached, and passes by one that holds nothing yet", async () => {
      const old = keyIn();
      const two = { name: "two", bucket: folder("two") };
      const lost = { name: "lost", bucket: folder("lost") };
      config = { ...config, repositories: [...config.repositories, two, lost] };
      await assert.rejects(rotateKeys(config, silent), /repository lost: /);
      assert.equal(keyIn(), old);
      await isWhole();
      config = { ...config, repositories: config.repositories.slice(0, 2) };
      const told: string[] = [];
      const rotated = await rotateKeys(config, (line) => told.push(line));
      assert.deepEqual(rotated, { repositories: ["one", "two"], refused: [], resumed: true });
      assert.ok(told.includes("two: holds nothing yet"), told.join("\n"));
      assert.equal(existsSync(folder("two/restic")), false);
      assert.equal(opensRestic(folder("one/restic"), old), false);
    });

    it("lets the new key into the copies of other sites' buckets too: what a lost site backed up must not go with the old key", async () => {
      const old = keyIn();
      const [prod, never] = [folder("two"), folder("never")];
      config = { ...config, inherited: [prod, never].map((bucket) => ({ name: path.basename(bucket), bucket })) };
      await repositoryOf({ ...config, folder: folder("other") }, { name: "own", bucket: prod }, noSecrets).open();
      const { repositories, refused } = await rotateKeys(config, silent);
      assert.deepEqual([repositories, refused], [["one", "copy-of-two", "copy-of-never"], []]);
      assert.equal(opensRestic(`${prod}/restic`, keyIn()), true);
      assert.equal(opensRestic(`${prod}/restic`, old), false);
      assert.equal(existsSync(never), false);
    });

    it("says how old the older key is, and whether a rotation waits to be finished", () => {
      const now = new Date();
      const date = (days: number) => new Date(now.getTime() - days * 86_400_000);
      utimesSync(keyFile(folder("keys"), "restic"), date(100), date(100));
      utimesSync(keyFile(folder("keys"), "repository"), date(10), date(10));
      const { seconds, isInterrupted } = keyAge(folder("keys"), now)!;
      assert.deepEqual([Math.round(seconds / 86_400), isInterrupted], [100, false]);
      writeFileSync(keyFile(folder("keys"), "restic.next"), "x");
      assert.equal(keyAge(folder("keys"), now)!.isInterrupted, true);
      assert.equal(keyAge(folder("none"), now), undefined);
    });
  });

  describe("of a PostgreSQL server", () => {
    let at: ProtectedPostgres;
    before(async () => (at = await protectedPostgres()));
    after(() => at?.stop());
    const keyNow = () => readFileSync(keyFile(path.join(at.folder, "keys"), "repository"), "utf8").trim();
    const configFile = () => path.join(at.folder, "server/pgbackrest.conf");
    const pgbackrest = (file: string, ...args: string[]) =>
      spawnSync("pgbackrest", [`--config=${file}`, "--stanza=shop-orders", ...args], {
        ...{ encoding: "utf8" as const, cwd: "/", ...owner(serverUser()) },
        env: { PATH: process.env.PATH, PGPASSFILE: at.options.stanza.passFile },
      });
    /** Whether a key opens a repository of pgBackRest, asked without any code of ours. */
    const opens = (repository: number, passphrase: string) => {
      const file = path.join(at.folder, "other.conf");
      const text = readFileSync(configFile(), "utf8");
      writeWhole(file, text.replaceAll(/(cipher-pass=).*/g, `$1${passphrase}`));
      const { stdout } = pgbackrest(file, `--repo=${repository}`, "info");
      rmSync(file);
      return stdout.includes("status: ok");
    };

    it("shuts the old key out of both repositories, without a restart; old and new backups restore, to any point in time", async () => {
      const { stanza, endpoint } = at.options;
      const config: RotationConfig = {
        ...{ folder: path.join(at.folder, "agent"), keysFolder: stanza.keysFolder, secretsFolder: at.folder },
        repositories: ["own", "dr"].map((name) => ({ name, bucket: at.bucket(name) })),
        sources: [
          {
            ...{ name: "orders", entry: { ...entry, engine: "postgresql", database: "shop" } as typeof entry },
            postgresql: { ...stanza, passFile: stanza.passFile!, endpoint, stanza: stanza.name },
          },
        ],
      };
      const own_ = await at.repository();
      await at.query("create table words as select 'before'::text as word");
      const before = await at.physical().backUp(manual(), own_, silent);
      await at.physical().backUp(manual(), await at.repository("dr"), silent);
      const old = keyNow();
      const started = (await at.query<{ at: Date }>("select pg_postmaster_start_time() as at"))[0]!.at;
      // The server must be able to ship WAL, and the repositories to be read, wherever a rotation stops.
      let rotated: Rotated | undefined;
      for (let after = 4; !rotated; after += 6) {
        await cutOff(at.folder, "pgbackrest", after, async () => (rotated = await rotateKeys(config, silent))).catch(
          () => {
            const { status, stderr, stdout } = pgbackrest(configFile(), "--archive-timeout=60", "check");
            assert.equal(status, 0, `cut off at ${after}: ${stdout}${stderr}`);
          },
        );
        assert.ok(after < 60, "a rotation that is cut off later each time comes to its end");
      }
      assert.deepEqual(rotated, { repositories: ["own", "dr"], refused: [], resumed: true });
      assert.notEqual(keyNow(), old);
      for (const repository of [1, 2]) {
        assert.equal(opens(repository, old), false);
        assert.equal(opens(repository, keyNow()), true);
      }
      assert.doesNotMatch(readFileSync(configFile(), "utf8"), new RegExp(old));
      const checked = pgbackrest(configFile(), "--archive-timeout=60", "check");
      assert.equal(checked.status, 0, checked.stderr);

      await at.query("update words set word = 'after'");
      const time = (await at.query<{ now: Date }>("select clock_timestamp() as now"))[0]!.now;
      await at.query("update words set word = 'too late'");
      await at.query("select pg_switch_wal()");
      const later = await at.physical().backUp(manual("incr"), own_, silent);
      assert.equal(later.reference, before.id);
      const verdict = await at.physical().prove(later, own_, path.join(at.folder, "agent"), silent);
      assert.deepEqual(verdict.reasons, []);
      const target = path.join(at.folder, "target");
      mkdirSync(target);
      own(target);
      await at.physical().restore(before, own_, { target, drop: false, time: time.toISOString() }, silent);
      const word = await withServerOn(target, (copy) =>
        copy.connected("shop", async (client) => (await client.query<{ word: string }>("select word from words")).rows),
      );
      assert.deepEqual(word, [{ word: "after" }]);
      assert.deepEqual((await at.query<{ at: Date }>("select pg_postmaster_start_time() as at"))[0]!.at, started);
    });
  });
});
