import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import * as path from "node:path";
import type { Backup } from "../../../agent/contract";
import type { ResticRepository } from "../../../agent/repository/restic";
import { FilesSource } from "../../../agent/sources/files";
import { makeFolder } from "../../../engines/files";
import { temporary } from "../../helpers/temporary";
import { openIn } from "../repository/place";

const request = { type: "full", trigger: "manual" } as const;
const silent = () => {};

describe("agent/sources/files", function () {
  this.timeout(120_000);
  const folder = temporary();
  let source: FilesSource;
  let own: ResticRepository;
  let backup: Backup;
  beforeEach(async () => {
    mkdirSync(folder("data/uploads/deep"), { recursive: true });
    for (const name of ["a.txt", "deep/b.txt", "c.tmp"]) writeFileSync(folder("data/uploads", name), name);
    writeFileSync(folder("data/.env"), "TOKEN=canary");
    const paths = [folder("data/uploads"), folder("data/.env")];
    source = new FilesSource({
      name: "volumes",
      plan: "shop",
      site: "prod",
      engine: "files",
      paths,
      exclude: ["*.tmp"],
    });
    own = await openIn(folder("repository"));
    backup = await source.backUp(request, own, silent);
  });

  it("backs up, proves and restores all that the plan names but what it excludes", async () => {
    assert.deepEqual(backup.counts, { files: 3 });
    assert.ok(!JSON.stringify(backup).includes("canary"));
    makeFolder(folder("scratch"));
    assert.deepEqual((await source.prove(backup, own, folder("scratch"), silent)).reasons, []);
    makeFolder(folder("target"));
    await source.restore(backup, own, { target: folder("target"), drop: false }, silent);
    assert.equal(readFileSync(folder("target", folder("data/uploads/deep/b.txt")), "utf8"), "deep/b.txt");
    assert.equal(existsSync(folder("target", folder("data/uploads/c.tmp"))), false);
    assert.equal(existsSync(folder("target/.dr-restore")), false);
    await assert.rejects(
      source.restore(backup, own, { target: folder("target"), drop: false }, silent),
      /must not hold .*uploads, .* yet\. Say that it may be replaced/,
    );
  });

  it("comes back into the other site's own folder, where that site looks for it", async () => {
    const at = (site: string) => {
      const [root, paths] = [folder(site), [folder(site, "uploads"), folder("outside/elsewhere.env")]];
      return new FilesSource({ name: "uploads", plan: "shop", site, engine: "files", paths, root });
    };
    for (const one of ["prod/uploads", "outside"]) makeFolder(folder(one));
    writeFileSync(folder("prod/uploads/a.txt"), "of prod");
    writeFileSync(folder("outside/elsewhere.env"), "before");
    const taken = await at("prod").backUp(request, own, silent);
    rmSync(folder("prod"), { recursive: true });
    writeFileSync(folder("outside/elsewhere.env"), "after");
    await at("dr").restore(taken, own, { target: "/", drop: true }, silent);
    assert.equal(readFileSync(folder("dr/uploads/a.txt"), "utf8"), "of prod");
    assert.equal(readFileSync(folder("outside/elsewhere.env"), "utf8"), "before");
    assert.equal(existsSync(folder("prod")), false);
    assert.deepEqual((await at("dr").backUp(request, own, silent)).counts, { files: 2 });
  });

  it("comes back over itself with nothing written anywhere but beside it", async () => {
    makeFolder(folder("home/uploads"));
    writeFileSync(folder("home/uploads/a.txt"), "before");
    const paths = [folder("home/uploads")];
    const uploads = new FilesSource({ name: "uploads", plan: "shop", site: "prod", engine: "files", paths });
    const taken = await uploads.backUp(request, own, silent);
    rmSync(folder("home/uploads"), { recursive: true });
    const fetched: string[] = [];
    const spied = Object.assign(Object.create(own) as ResticRepository, {
      restorePaths: (locator: string, into: string) => (fetched.push(into), own.restorePaths(locator, into)),
    });
    await uploads.restore(taken, spied, { target: "/", drop: true }, silent);
    assert.equal(readFileSync(folder("home/uploads/a.txt"), "utf8"), "before");
    assert.equal(
      path.dirname(path.dirname(fetched[0]!)),
      folder("home"),
      "an agent that is not root may not write to /",
    );
    assert.deepEqual(readdirSync(folder("home")), ["uploads"]);
  });

  it("archives logs that grow and are rotated while they are read", async () => {
    mkdirSync(folder("logs"));
    const line = (n: number) => `line ${n} ${"x".repeat(200)}\n`;
    const log = folder("logs/app.log");
    writeFileSync(log, Array.from({ length: 50_000 }, (_, n) => line(n)).join(""));
    const logs = new FilesSource({
      name: "logs",
      plan: "shop",
      site: "prod",
      engine: "files",
      paths: [folder("logs")],
    });
    let [written, rotated] = [50_000, 0];
    const writing = setInterval(() => {
      for (let n = 0; n < 100; n++) appendFileSync(log, line(written++));
      if (written % 500 !== 0) return;
      linkSync(log, `${log}.${++rotated}`);
      writeFileSync(folder("new.log"), "");
      renameSync(folder("new.log"), log); // there is one at any moment, as with a rotation that loses nothing
    }, 1);
    const archived = await logs.backUp(request, own, silent).finally(() => clearInterval(writing));
    makeFolder(folder("scratch"));
    assert.deepEqual((await logs.prove(archived, own, folder("scratch"), silent)).reasons, []);
    makeFolder(folder("target"));
    await logs.restore(archived, own, { target: folder("target"), drop: false }, silent);
    const back = folder("target", folder("logs"));
    const lines = readdirSync(back).flatMap((name) => readFileSync(path.join(back, name), "utf8").split("\n"));
    const whole = new Set(lines.filter((one) => /^line \d+ x{200}$/.test(one)).map((one) => Number(one.split(" ")[1])));
    for (let n = 0; n < 50_000; n++) assert.ok(whole.has(n), `line ${n}, written before the backup began, is lost`);
  });

  it("fails a backup that brings back fewer files than it says", async () => {
    makeFolder(folder("scratch"));
    const verdict = await source.prove({ ...backup, counts: { files: 4 } }, own, folder("scratch"), silent);
    assert.deepEqual([verdict.verified, verdict.reasons], [false, ["3 files came back; the backup says 4"]]);
  });

  it("leaves what was there alone when a restore fails", async () => {
    makeFolder(folder("target"));
    await source.restore(backup, own, { target: folder("target"), drop: false }, silent);
    const lie = { ...backup, counts: { files: 4 } };
    await assert.rejects(
      source.restore(lie, own, { target: folder("target"), drop: true }, silent),
      /3 files came back; it holds 4/,
    );
    assert.equal(readFileSync(folder("target", folder("data/uploads/a.txt")), "utf8"), "a.txt");
  });

  it("refuses to begin when something that is protected is not there", async () => {
    rmSync(folder("data/.env"));
    await assert.rejects(source.backUp(request, own, silent), /\.env is not there/);
  });
});
