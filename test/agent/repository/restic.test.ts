import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as path from "node:path";
import { removeUnfinished } from "../../../agent/repository/drafts";
import type { RepositoryError } from "../../../agent/repository/refusal";
import { restic } from "../../../agent/repository/restic-command";
import { ResticRepository } from "../../../agent/repository/restic";
import { makeFolder, own } from "../../../engines/files";
import { owner } from "../../../engines/run";
import { serverUser } from "../../../engines/user";
import { temporary } from "../../helpers/temporary";
import { backupOf, openIn, placeIn } from "./place";

const text = (value: string) => (sink: NodeJS.WritableStream) => pipeline(Readable.from([value]), sink, { end: false });
const read = async (repository: ResticRepository, locator: string, name: string) => {
  let found = "";
  const into = new Writable({ write: (piece: Buffer, _encoding, done) => ((found += piece.toString()), done()) });
  await repository.readStream(locator, name, (source) => pipeline(source, into));
  return found;
};
const fault = (kind: RepositoryError["fault"]) => (error: RepositoryError) => (
  assert.equal(error.fault, kind, error.message),
  true
);
const verdict = {
  backup: "a",
  verified: true,
  level: "read",
  at: "2027-01-02T00:00:00.000Z",
  seconds: 1,
  reasons: [],
} as const;

describe("agent/repository/restic", function () {
  this.timeout(120_000);
  const folder = temporary();
  const snapshots = async () => JSON.parse(await restic(placeIn(folder()), ["snapshots", "--json"])) as unknown[];

  it("gives back what a producer wrote, and says how much it was", async () => {
    const repository = await openIn(folder());
    const stored = await repository.storeStream("dump.sql", { source: "orders" }, text("select 42;"));
    assert.equal(stored.bytes.source, 10);
    assert.equal(await read(repository, stored.locator, "dump.sql"), "select 42;");
    await repository.check(stored.locator);
  });

  it("publishes nothing if the producer fails, and leaves no lock", async () => {
    const repository = await openIn(folder());
    const dies = async (sink: NodeJS.WritableStream) => {
      await text("half of a dump ".repeat(100_000))(sink);
      throw new Error("the dump died");
    };
    await assert.rejects(repository.storeStream("dump.sql", {}, dies), { message: "the dump died" });
    assert.deepEqual(await snapshots(), []);
    assert.deepEqual(readdirSync(folder("own/restic/locks")), []);
  });

  it("knows from the bucket alone what was backed up and proven, oldest first", async () => {
    const repository = await openIn(folder());
    const counts = Object.fromEntries(
      Array.from({ length: 40_000 }, (_, i) => [`public.table_${i * 7919}`, i * 104_729]),
    );
    const b = backupOf("b", { startedAt: "2027-01-02T00:00:00.000Z", counts, description: "commas, too" });
    const failed = { ...verdict, verified: false, at: "2027-01-03T00:00:00.000Z", reasons: ["a, b"] };
    await repository.writeBackup(b);
    await repository.writeBackup(backupOf("a"));
    await repository.writeVerdict(failed);
    await repository.writeVerdict(verdict);
    rmSync(folder("cache"), { recursive: true });
    const elsewhere = new ResticRepository({ ...placeIn(folder()), cacheFolder: folder("another") });
    assert.deepEqual(await elsewhere.list(), [
      { backup: backupOf("a"), verdicts: [verdict, failed] },
      { backup: b, verdicts: [] },
    ]);
    assert.deepEqual(await elsewhere.list("other"), []);
  });

  it("stores folders without what is excluded, and restores them", async () => {
    makeFolder(folder("uploads/deep"), 0o755);
    for (const name of ["a.txt", "deep/b.txt", "c.tmp"]) writeFileSync(folder("uploads", name), name);
    const repository = await openIn(folder());
    const stored = await repository.storePaths([folder("uploads")], {}, { exclude: ["*.tmp"] });
    assert.equal(stored.files, 2);
    makeFolder(folder("back"));
    await repository.restorePaths(stored.locator, folder("back"));
    assert.equal(readFileSync(folder("back", folder("uploads/deep/b.txt")), "utf8"), "deep/b.txt");
    assert.equal(existsSync(folder("back", folder("uploads/c.tmp"))), false);
  });

  it("publishes nothing if one file of many cannot be read", async function () {
    if (process.getuid!() !== 0) return this.skip();
    makeFolder(folder("uploads"), 0o755);
    for (const name of ["a", "b"]) writeFileSync(folder("uploads", name), name);
    chmodSync(folder("uploads/b"), 0o600);
    const repository = await openIn(folder());
    await assert.rejects(repository.storePaths([folder("uploads")], {}), fault("incomplete"));
    assert.deepEqual(await snapshots(), []);
  });

  it("begins anew where a restic was killed while it made the repository, and touches none that may still be made, or that holds data", async () => {
    await openIn(folder());
    const at = folder("own/restic");
    renameSync(path.join(at, "config"), path.join(at, "config-tmp-42")); // it is written last, and named when it is whole
    rmSync(folder("cache"), { recursive: true }); // nobody was told that it was there
    await assert.rejects(openIn(folder()), /begun within the last minute/);
    const since = (milliseconds: number) => new Date(Date.now() + milliseconds);
    const kept = path.join(at, "data/00/pack");
    writeFileSync(kept, "data");
    assert.equal(removeUnfinished(at, since(61_000)), false, "there is data");
    rmSync(kept);
    writeFileSync(path.join(at, "letter.txt"), "somebody's");
    assert.equal(removeUnfinished(at, since(61_000)), false, "it is something else");
    rmSync(path.join(at, "letter.txt"));
    assert.equal(removeUnfinished(at, since(50_000)), false, "it may still be made");
    assert.equal(removeUnfinished(at, since(61_000)), true);
    const repository = await openIn(folder());
    const stored = await repository.storeStream("dump.sql", {}, text("select 42;"));
    assert.equal(await read(repository, stored.locator, "dump.sql"), "select 42;");
  });

  it("tells a wrong key from a missing repository and from one that holds something else", async () => {
    await openIn(folder());
    const wrong = placeIn(folder());
    writeFileSync(folder("wrong.key"), "another key\n");
    own(folder("wrong.key"));
    await assert.rejects(
      new ResticRepository({ ...wrong, passwordFile: folder("wrong.key") }).open(),
      fault("wrong-key"),
    );
    await assert.rejects(
      new ResticRepository({ ...wrong, name: "x", url: folder("lost/restic") }).open(),
      /its bucket .*lost is not there/,
    );
    makeFolder(folder("full/restic"));
    writeFileSync(folder("full/restic/letter.txt"), "mine");
    await assert.rejects(
      new ResticRepository({ ...wrong, name: "y", url: folder("full/restic") }).open(),
      /holds something else/,
    );
  });

  it("does not make an empty repository where one was", async () => {
    const repository = await openIn(folder());
    renameSync(folder("own/restic"), folder("gone"));
    await assert.rejects(repository.open(), /it was here and is gone/);
    assert.equal(existsSync(folder("own/restic")), false);
  });

  it("forgets a backup with its verdicts and data, and nothing else", async () => {
    const repository = await openIn(folder());
    const data = await Promise.all(["one", "two"].map((value) => repository.storeStream("d", {}, text(value))));
    for (const [index, id] of ["a", "b"].entries())
      await repository.writeBackup(backupOf(id, { locator: data[index]!.locator }));
    await repository.writeVerdict(verdict);
    assert.deepEqual(await repository.forget([backupOf("a", { locator: data[0]!.locator })]), {
      removed: ["a"],
      refused: [],
    });
    assert.deepEqual(
      (await repository.list()).map(({ backup }) => backup.id),
      ["b"],
    );
    assert.equal((await snapshots()).length, 2);
    assert.equal(await read(repository, data[1]!.locator, "d"), "two");
  });

  it("sweeps away data that no backup names, once it is a day old", async () => {
    const repository = await openIn(folder());
    const named = await repository.storeStream("d", {}, text("named"));
    await repository.writeBackup(backupOf("a", { locator: named.locator }));
    await repository.storeStream("d", {}, text("left by one that was killed"));
    assert.equal(await repository.sweep(new Date(Date.now() + 23 * 3_600_000)), 0);
    assert.equal(await repository.sweep(new Date(Date.now() + 25 * 3_600_000)), 1);
    assert.equal(await read(repository, named.locator, "d"), "named");
  });

  it("finds one flipped bit in data, in an index and in a document", async () => {
    const repository = await openIn(folder());
    const stored = await repository.storeStream("d", {}, text("precious ".repeat(1000)));
    await repository.writeBackup(backupOf("a", { locator: stored.locator }));
    const biggest = (kind: string) =>
      readdirSync(folder("own/restic", kind), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name));
    const flipped = async (file: string, expect: () => Promise<unknown>) => {
      const bytes = readFileSync(file);
      const bad = Buffer.from(bytes);
      bad[Math.floor(bad.length / 2)]! ^= 1;
      chmodSync(file, 0o600);
      writeFileSync(file, bad);
      await expect();
      writeFileSync(file, bytes);
    };
    for (const file of biggest("index"))
      await flipped(file, () => assert.rejects(repository.check(stored.locator), fault("damaged")));
    for (const file of biggest("snapshots"))
      await flipped(file, async () => {
        await repository.list();
        assert.equal(repository.damage.length, 1);
        await assert.rejects(repository.checkStructure(), fault("damaged"));
      });
    let found = 0;
    for (const file of biggest("data"))
      await flipped(file, () => repository.check(stored.locator).catch(() => found++));
    assert.ok(found >= 1);
    await repository.check(stored.locator);
    await repository.checkStructure();
  });

  it("clears the lock of a process that was killed, and waits for one that lives", async () => {
    const repository = await openIn(folder());
    const place = placeIn(folder());
    const env = { ...process.env, RESTIC_REPOSITORY: place.url, RESTIC_PASSWORD_FILE: place.passwordFile };
    const holder = spawn("restic", ["backup", "--stdin"], {
      env,
      stdio: ["pipe", "ignore", "ignore"],
      ...owner(serverUser()),
    });
    for (let tries = 0; tries < 500 && readdirSync(folder("own/restic/locks")).length === 0; tries++)
      await new Promise((r) => setTimeout(r, 20));
    try {
      // It shares the repository: a backup goes on beside it, and what needs the repository for itself waits.
      await repository.storeStream("d", {}, text("beside"));
      let pruned = false;
      const pruning = repository.prune().then(() => (pruned = true));
      await new Promise((r) => setTimeout(r, 1_500));
      assert.equal(pruned, false);
      holder.kill("SIGKILL");
      await pruning;
    } finally {
      holder.kill("SIGKILL");
    }
    assert.deepEqual(readdirSync(folder("own/restic/locks")), []);
  });
});
