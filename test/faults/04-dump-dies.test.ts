import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { LogicalPostgresql } from "../../agent/sources/postgresql-logical";
import { restic } from "../../agent/repository/restic-command";
import { descendants } from "../../engines/process";
import { keyFile } from "../../engines/keys";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../helpers/protected-postgres";
import { until } from "../helpers/workspace";

describe("fault 4: the dump's tool dies in the middle", function () {
  this.timeout(600_000);
  let at: ProtectedPostgres;
  before(async () => (at = await protectedPostgres()));
  after(() => at?.stop());

  it("fails the backup, publishes nothing, leaves nothing behind; the next one is good", async () => {
    await at.query("create table big as select id, md5(id::text) as text from generate_series(1, 400000) id");
    const own = await at.repository();
    const workFolder = path.join(at.folder, "agent/dump");
    const dumps = new LogicalPostgresql({
      ...{ name: "orders.dump", plan: "shop", site: "prod", database: "shop", endpoint: at.endpoint, workFolder },
      counts: ["big"],
    });
    const tool = () => descendants(process.pid).find((pid) => commandOf(pid).includes("--format=directory"));
    // While another session holds a table, pg_dump stays where it is: it is killed in its middle however slow this machine is.
    await at.query("create table held (id int) partition by range (id)"); // of a kind that is not counted beforehand
    const failure = await at.connected(async (client) => {
      await client.query("begin; lock table held");
      const taking = dumps.backUp(manual(), own, silent).catch((error: Error) => error.message);
      await until("pg_dump to run", () => tool() !== undefined);
      process.kill(tool()!, "SIGKILL");
      return taking;
    });
    assert.match(failure as string, /pg_dump ended with (SIGKILL|exit code)/);
    const place = { name: "own", url: own.url, passwordFile: keyFile(at.endpoint.keysFolder, "restic") };
    const snapshots = await restic({ ...place, cacheFolder: path.join(at.folder, "agent/cache") }, [
      "snapshots",
      "--json",
    ]);
    assert.equal(snapshots, "[]");
    assert.equal(existsSync(path.join(workFolder, "dump")), false);
    assert.equal((await dumps.backUp(manual(), own, silent)).counts["public.big"], 400_000);
  });
});

function commandOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
