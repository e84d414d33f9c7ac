import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { prove, readBack } from "../../../agent/jobs/work";
import { stateOf } from "../../../agent/contract";
import { isOnPath } from "../../helpers/on-path";
import { temporary } from "../../helpers/temporary";
import { protectedFiles, tools } from "../../faults/protected-files";

describe("agent/jobs: a tool that is killed while it proves", function () {
  this.timeout(120_000);
  const folder = temporary();
  const { PATH } = process.env;
  afterEach(() => void (process.env.PATH = PATH));

  /** From now on restic dies in the middle of one of its commands. */
  function killedAt(command: string): void {
    const real = PATH!
      .split(path.delimiter)
      .map((one) => path.join(one, "restic"))
      .find((one) => isOnPath(one))!;
    mkdirSync(folder("bin"), { recursive: true });
    writeFileSync(
      folder("bin/restic"),
      `#!/bin/sh\ncase " $* " in *" ${command} "*) kill -9 $$ ;; esac\nexec ${real} "$@"\n`,
    );
    chmodSync(folder("bin/restic"), 0o755);
    process.env.PATH = `${folder("bin")}${path.delimiter}${PATH}`;
  }

  it("says nothing of the backup: a good one stays as it was", async () => {
    const at = await protectedFiles(folder());
    const backup = await at.backUp("good");
    killedAt("dump");
    await assert.rejects(readBack(at.source, [backup], at.repository), /restic was ended by SIGKILL/);
    process.env.PATH = PATH;
    killedAt("restore");
    await assert.rejects(
      prove(at.source, backup, at.repository, tools(folder("scratch"))),
      /restic was ended by SIGKILL/,
    );
    process.env.PATH = PATH;
    const [known] = await at.repository.list();
    assert.equal(stateOf(known!), "verified");
    assert.equal(known!.verdicts.length, 1, "the one of the backup itself");
  });
});
