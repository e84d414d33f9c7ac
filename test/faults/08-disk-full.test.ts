import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { RepositoryError } from "../../agent/repository/refusal";
import { own } from "../../engines/files";
import { skip } from "../helpers/skip";
import { temporary } from "../helpers/temporary";
import { protectedFiles } from "./protected-files";

describe("fault 8: the disk of the backups is full", function () {
  this.timeout(600_000);
  const folder = temporary();

  it("fails loudly, publishes nothing, touches neither the source nor what was there, and goes on when there is room", async function () {
    mkdirSync(folder("own"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder("own")], { stdio: "ignore" });
    } catch {
      if (process.getuid!() === 0) throw new Error("root must be able to mount a tmpfs");
      skip(this, "only root can mount a small disk");
    }
    own(folder("own"));
    try {
      await fillUp();
    } finally {
      execFileSync("umount", ["--lazy", folder("own")]);
    }
  });

  async function fillUp(): Promise<void> {
    const at = await protectedFiles(folder());
    const good = await at.backUp("small");
    const ballast = path.join(folder("own"), "ballast");
    writeFileSync(ballast, randomBytes(4 * 2 ** 20));
    const big = randomBytes(6 * 2 ** 20).toString("base64");
    await assert.rejects(
      at.backUp(big),
      (error: RepositoryError) => (assert.equal(error.fault, "full", error.message), true),
    );
    assert.equal(readFileSync(folder("data/file.txt"), "utf8"), big);
    rmSync(ballast);
    assert.deepEqual(
      (await at.repository.list()).map(({ backup }) => backup.id),
      [good.id],
    );
    await at.repository.check(good.locator);
    const next = await at.backUp("small again");
    assert.deepEqual(
      (await at.repository.list()).map(({ backup }) => backup.id),
      [good.id, next.id],
    );
  }
});
