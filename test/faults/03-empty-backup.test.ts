import assert from "node:assert/strict";
import { takeBackup } from "../../agent/jobs/work";
import { temporary } from "../helpers/temporary";
import { entry, protectedFiles, tools } from "./protected-files";

describe("fault 3: a backup is empty", function () {
  this.timeout(600_000);
  const folder = temporary();

  for (const text of ["", "twenty bytes, no more"]) {
    it(`fails a backup of ${text.length} bytes, and the one before it stays the newest`, async () => {
      const at = await protectedFiles(folder());
      const good = await at.backUp("x".repeat(2_000));
      at.write(text);
      const request = { type: "full", trigger: "manual" } as const;
      const taking = takeBackup({ source: at.source, entry }, request, at.repository, tools(folder("scratch")));
      await assert.rejects(taking, /holds \d+ B; verify\.minSize is 1 KiB: it is not published/);
      assert.deepEqual(
        (await at.repository.list()).map(({ backup }) => backup.id),
        [good.id],
      );
    });
  }
});
