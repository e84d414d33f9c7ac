import assert from "node:assert/strict";
import { statSync, truncateSync } from "node:fs";
import * as path from "node:path";
import { randomBytes } from "node:crypto";
import { stateOf } from "../../agent/contract";
import { prove, readBack } from "../../agent/jobs/work";
import { manual, protectedPostgres, silent } from "../helpers/protected-postgres";
import { temporary } from "../helpers/temporary";
import { dataFilesOf, filesBelow } from "../helpers/workspace";
import { protectedFiles, tools } from "./protected-files";

/** Cuts a part off the end of a file. */
const cut = (file: string, part: number) => truncateSync(file, Math.floor(statSync(file).size * (1 - part)));
const text = () => randomBytes(200_000).toString("hex");

describe("fault 1: a backup is cut short", function () {
  this.timeout(600_000);
  const folder = temporary();

  for (const part of [0.01, 0.5])
    it(`finds ${part * 100} % missing of a pack, names it, and leaves the backup before it as the newest good one`, async () => {
      const at = await protectedFiles(folder());
      const good = await at.backUp(text());
      const packs = () => filesBelow(path.join(at.url, "data"));
      const before = new Set(packs());
      const bad = await at.backUp(text());
      const [biggest] = packs()
        .filter((file) => !before.has(file))
        .sort((a, b) => statSync(b).size - statSync(a).size);
      cut(biggest!, part);
      const name = path.basename(biggest!).slice(0, 10);

      const [verdict] = await readBack(at.source, [bad], at.repository);
      assert.equal(verdict!.verified, false);
      assert.match(verdict!.reasons.join("\n"), new RegExp(name));
      const proof = await prove(at.source, bad, at.repository, tools(path.join(folder(), "scratch")));
      assert.equal(proof.verified, false);
      await assert.rejects(at.repository.checkStructure(), new RegExp(name));
      const verified = (await at.repository.list()).filter((known) => stateOf(known) === "verified");
      assert.deepEqual(
        verified.map(({ backup }) => backup.id),
        [good.id],
      );
      const target = path.join(folder(), "back");
      await at.source.restore(verified.at(-1)!.backup, at.repository, { target, drop: false }, silent);
    });

  it("finds a file of PostgreSQL's cut short, names the backup, and keeps the one before", async () => {
    const at = await protectedPostgres();
    try {
      const own = await at.repository();
      const good = await at.physical().backUp(manual(), own, silent);
      const bad = await at.physical().backUp(manual(), own, silent);
      const files = dataFilesOf(path.join(at.bucket("own"), "pgbackrest/backup/shop-orders", bad.locator));
      const [biggest] = files.sort((a, b) => statSync(b).size - statSync(a).size);
      for (const part of [0.01, 0.5]) {
        cut(biggest!, part);
        const read = await at.physical().readBack([good, bad], own);
        assert.deepEqual(read.get(good.id), []);
        assert.match(read.get(bad.id)!.join("\n"), /invalid|missing|checksum|size/);
        if (part > 0.1) continue; // a restore of what misses more is refused for the same reason
        const verdict = await at.physical().prove(bad, own, path.join(at.folder, "agent"), silent);
        assert.equal(verdict.verified, false);
        assert.match(verdict.reasons.join("\n"), new RegExp(`${bad.id} cannot be restored from own`));
      }
      assert.equal((await at.physical().prove(good, own, path.join(at.folder, "agent"), silent)).verified, true);
    } finally {
      await at.stop();
    }
  });
});
