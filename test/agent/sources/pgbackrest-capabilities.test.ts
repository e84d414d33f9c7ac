import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import {
  blockOptions,
  capabilities,
  capabilitiesOf,
  refuseOlderTool,
} from "../../../agent/sources/postgresql/capabilities";
import { temporary } from "../../helpers/temporary";

describe("what the pgBackRest of a machine can do", () => {
  const rows = [
    ["pgBackRest 2.45", false, false],
    ["pgBackRest 2.47", false, true],
    ["pgBackRest 2.54.2", false, true],
    ["pgBackRest 2.55.0", true, true],
    ["pgBackRest 2.59.1\n", true, true],
    ["2.60.0dev", true, true],
    ["pgBackRest 3.0.0", true, true],
  ] as const;
  for (const [version, blocks, oneSet] of rows)
    it(`is known by its version: ${version.trim()}`, () =>
      assert.deepEqual(capabilitiesOf(version), { blocks, oneSet }));

  it("is not guessed where it says no version", () =>
    assert.throws(() => capabilitiesOf("bash: pgbackrest\n"), /must say its version; got bash: pgbackrest$/));

  it("is used: changed blocks are backed up only where they can be restored from any repository", () => {
    assert.deepEqual(blockOptions(capabilitiesOf("2.54.2")), []);
    assert.deepEqual(blockOptions(capabilitiesOf("2.55.0")), ["--repo1-bundle", "--repo1-block"]);
  });

  describe("on a machine with an older one", () => {
    const file = temporary();
    const { PATH } = process.env;
    beforeEach(() => {
      const tool = file("pgbackrest");
      writeFileSync(tool, "#!/bin/sh\necho pgBackRest 2.45\n");
      chmodSync(tool, 0o755);
      process.env.PATH = `${file()}:${PATH}`;
    });
    afterEach(() => void (process.env.PATH = PATH));

    it("is asked of the tool itself", async () =>
      assert.deepEqual(await capabilities(), { blocks: false, oneSet: false }));

    it("refuses to restore what it cannot read, and says what can", async () => {
      const made = (version: string) => refuseOlderTool({ id: "orders-1", tools: { pgbackrest: version } });
      await assert.rejects(made("2.59.1"), {
        message:
          "orders-1 must be restored by pgBackRest 2.55 or newer, because 2.59.1 took it by blocks; this machine has pgBackRest 2.45. Install a newer one",
      });
      await made("2.54.2");
      await refuseOlderTool({ id: "notes-1", tools: { pg_dump: "15" } });
    });
  });
});
