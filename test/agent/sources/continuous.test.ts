import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { ResticRepository } from "../../../agent/repository/restic";
import { Continuous } from "../../../agent/sources/continuous";
import { FilesSource } from "../../../agent/sources/files";
import { run } from "../../../engines/run";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";
import { openIn } from "../repository/place";

const silent = () => {};
const HOUR = 3_600;
const MAY_LAG = 2;

describe("agent/sources/continuous", function () {
  this.timeout(360_000);
  const at = temporary();
  let far: ResticRepository;
  let source: FilesSource;
  let continuous: Continuous;
  let copies: number;
  let running: NodeJS.Timeout | undefined;
  let copying: Promise<void> | undefined;

  const tree = (...parts: string[]) => at("site/uploads", ...parts);
  const write = (name: string, text = name) => writeFileSync(tree(name), text);

  /** As the agent's clock does it: asks what is due, copies, says what is done. */
  function begin(options: { mayLag?: number; copiedAt?: Date } = {}): void {
    clearInterval(running);
    continuous = new Continuous({ paths: [tree()], mayLag: options.mayLag ?? MAY_LAG });
    continuous.start(options);
    running = setInterval(() => {
      const now = new Date();
      if (copying || !continuous.due(now)) return;
      copying = copyAll()
        .then(
          () => continuous.done(now),
          () => {}, // tried again
        )
        .finally(() => (copying = undefined));
    }, 20);
  }
  async function copyAll(): Promise<void> {
    copies++;
    await source.backUp({ type: "incr", trigger: "change" }, far, silent);
  }
  async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const end = Date.now() + 60_000; !(await holds()); await new Promise((r) => setTimeout(r, 50)))
      if (Date.now() > end) throw new Error(`after a minute: ${what}`);
  }
  const allCopied = () => until(() => continuous.pendingSince() === undefined && !copying, "something is not copied");

  /** What the newest snapshot at the other site holds, by restic itself, compared with what is there. */
  async function farEqualsTree(): Promise<boolean> {
    const env = { RESTIC_PASSWORD_FILE: at("restic.key"), RESTIC_REPOSITORY: at("dr/restic") };
    const target = at(`restored-${Date.now()}`);
    const tags = ["--tag", "kind=data"];
    await run("restic", ["restore", "latest", ...tags, "--no-cache", "--no-lock", "--target", target], { env });
    const same = await run("diff", ["-r", tree(), path.join(target, tree())]).then(
      () => true,
      () => false,
    );
    rmSync(target, { recursive: true });
    return same;
  }
  /** Waits for a copy after what was done just now, however late the kernel tells of it. */
  async function arrives(): Promise<void> {
    await until(async () => {
      await allCopied();
      return farEqualsTree();
    }, "the other site does not hold what is here");
  }

  beforeEach(async function () {
    if (!isOnPath("restic")) skip(this, "no restic");
    mkdirSync(tree("old/deep"), { recursive: true });
    write("old/deep/first.txt");
    write("old/second.txt");
    far = await openIn(at(), "dr");
    source = new FilesSource({ name: "uploads", plan: "shop", site: "prod", engine: "files", paths: [tree()] });
    copies = 0;
    [copying, running] = [undefined, undefined];
  });
  afterEach(async () => {
    clearInterval(running);
    await continuous?.stop();
    await copying;
  });

  it("brings what is made, changed, renamed and deleted to the other site, in new folders too", async () => {
    begin();
    await arrives();
    for (const change of [
      () => (write("made.txt"), write("old/second.txt", "changed")),
      () => renameSync(tree("old/deep"), tree("moved")),
      () => write("moved/first.txt", "changed after its folder was moved"),
      () => unlinkSync(tree("made.txt")),
      () => (mkdirSync(tree("new/very/deep"), { recursive: true }), write("new/very/deep/third.txt")),
      () => write("new/very/deep/third.txt", "changed in a folder that was new"),
      () => rmSync(tree("old"), { recursive: true }),
      () => (mkdirSync(tree("old")), write("old/second.txt", "in another folder of the same name")),
      () => write("old/second.txt", "and changed there"),
    ]) {
      change();
      await arrives();
    }
  });

  it("makes few copies of a burst of 2,000 files", async () => {
    begin();
    await arrives();
    const before = copies;
    for (let n = 0; n < 2_000; n++) {
      if (n % 100 === 0) mkdirSync(tree(`burst-${n / 100}`));
      write(`burst-${Math.floor(n / 100)}/${n}.txt`);
    }
    await arrives();
    assert.ok(copies - before <= 20, `${copies - before} copies`);
  });

  it("knows since when a change is not copied, until it is in every repository", async () => {
    begin();
    await arrives();
    assert.equal(continuous.lagSeconds(), 0);
    clearInterval(running); // nobody copies any more
    const began = Date.now();
    write("late.txt");
    await until(() => continuous.pendingSince() !== undefined, "nobody saw the change");
    assert.ok(Math.abs(continuous.pendingSince()!.getTime() - began) < 20_000);
    const since = continuous.pendingSince()!;
    write("later.txt");
    assert.equal(continuous.pendingSince()!.getTime(), since.getTime(), "it is the oldest that counts");
    assert.equal(continuous.lagSeconds(new Date(since.getTime() + 90_000)), 90);
    continuous.done(new Date(since.getTime() - 1));
    assert.ok(continuous.pendingSince()! >= since, "a copy that began before it does not hold it");
    continuous.done(new Date());
    assert.equal(continuous.pendingSince(), undefined);
  });

  it("finds after a restart what changed while nobody watched, and copies nothing else anew", async () => {
    const copiedAt = new Date();
    await until(() => Date.now() > copiedAt.getTime() + 100, "the clock stands still");
    unlinkSync(tree("old/second.txt"));
    begin({ mayLag: HOUR, copiedAt });
    await until(() => continuous.pendingSince() !== undefined, "nobody saw the change");
    assert.ok(continuous.pendingSince()! > copiedAt);
    await continuous.stop();
    begin({ mayLag: HOUR, copiedAt: new Date() });
    await new Promise((r) => setTimeout(r, 300));
    assert.equal(continuous.pendingSince(), undefined);
  });

  it("wants a copy of a path that is gone, so that its backup fails and says so", async () => {
    begin();
    await arrives();
    const before = copies;
    renameSync(tree(), at("site/elsewhere"));
    await until(() => copies > before + 1, "nobody tried to copy");
    assert.notEqual(continuous.pendingSince(), undefined);
    renameSync(at("site/elsewhere"), tree());
    await arrives();
    write("back.txt");
    await arrives();
  });
});
