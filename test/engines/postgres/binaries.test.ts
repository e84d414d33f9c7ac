import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import * as path from "node:path";
import type { binaries } from "../../../engines/postgres/binaries";
import { fakePostgres, withPostgres } from "../../helpers/fake-postgres";
import { temporary } from "../../helpers/temporary";

/** What `binaries` answers or throws. */
const found = (folder: string) =>
  withPostgres(folder, "../../engines/postgres/binaries", (loaded) => {
    try {
      return JSON.stringify((loaded as { binaries: typeof binaries }).binaries());
    } catch (error) {
      return (error as Error).message;
    }
  });

describe("engines/postgres/binaries", () => {
  const at = temporary();
  const says: readonly [string, number][] = [
    ["postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)", 15],
    ["postgres (PostgreSQL) 17beta1", 17],
  ];
  for (const [text, version] of says) {
    it(`reads ${version} from ${text}`, async () => {
      const folder = fakePostgres(at("bin"), text);
      assert.equal(await found(folder), JSON.stringify({ folder, version }));
    });
  }

  it("refuses one that is too old", async () =>
    assert.equal(
      await found(fakePostgres(at("bin"), "postgres (PostgreSQL) 9.6.24")),
      `PostgreSQL must be 13 or newer; got 9 in ${at("bin")}`,
    ));

  it("refuses a folder that lacks one of the tools", async () => {
    rmSync(path.join(fakePostgres(at("bin"), "postgres (PostgreSQL) 15.13"), "pg_basebackup"));
    assert.equal(
      await found(at("bin")),
      `PostgreSQL's server is not installed (looked in ${at("bin")}); run scripts/setup`,
    );
  });
});
