import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import type { AgentConfig } from "../../../agent/config";
import { forgetLeftOut } from "../../../agent/jobs/left-out";
import { setUp } from "../../../agent/jobs/setup";
import { createLog } from "../../../agent/log";
import { createRedactor } from "../../../agent/redaction";
import { secretReader } from "../../../agent/secrets";
import { makeFolder } from "../../../engines/files";
import { isOnPath } from "../../helpers/on-path";
import { protectedPostgres } from "../../helpers/protected-postgres";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";
import { until } from "../../helpers/workspace";
import { configIn } from "../running";

describe("a site whose bucket was lost with it", function () {
  this.timeout(240_000);
  const at = temporary();
  beforeEach(function () {
    if (!isOnPath("restic")) skip(this, "no restic");
  });

  it("has a new repository begun when it is named again, and not while it stays named", async () => {
    const config: AgentConfig = await configIn(at);
    const start = (names: readonly string[]) => {
      const redactor = createRedactor();
      const repositories = names.map((name) => ({ name, bucket: at("buckets", name) }));
      const log = createLog({ level: "silent" });
      const it = { ...config, repositories };
      return setUp({ config: it, log, redactor, secret: secretReader(it, redactor) }).repositories;
    };
    for (const name of ["own", "dr"]) makeFolder(at("buckets", name));
    for (const repository of start(["own", "dr"])) await repository.open();
    rmSync(at("buckets/dr"), { recursive: true });
    makeFolder(at("buckets/dr"));
    await assert.rejects(start(["own", "dr"])[1]!.open(), /it was here and is gone/);
    const [left] = start(["own"]);
    await left!.open();
    for (const repository of start(["own", "dr"])) await repository.open();
    rmSync(at("buckets/own"), { recursive: true });
    makeFolder(at("buckets/own"));
    await assert.rejects(start(["own", "dr"])[0]!.open(), /it was here and is gone/, "what stayed named stays known");
  });

  it("has its server's archive begun anew, and takes WAL again", async () => {
    const server = await protectedPostgres();
    const [own, dr] = ["own", "dr"].map((name) => ({ name, bucket: server.bucket(name) }));
    const named = (...repositories: AgentConfig["repositories"]) => ({
      folder: `${server.folder}/agent`,
      repositories,
    });
    try {
      await server.physical().prepare("dr"); // sees it there
      rmSync(dr!.bucket, { recursive: true });
      makeFolder(dr!.bucket);
      assert.deepEqual(forgetLeftOut(named(own!, dr!)), []);
      await assert.rejects(server.physical().prepare("dr"), /is gone; an empty one must not take its place/);
      assert.deepEqual(forgetLeftOut(named(own!)), ["dr"]);
      await server.physical().prepare("dr");
      await server.query("select pg_switch_wal()");
      const waiting = () =>
        server.query<{ name: string }>("select name from pg_ls_archive_statusdir() where name like '%.ready'");
      await until("the WAL to be archived", async () => (await waiting()).length === 0, 90_000);
    } finally {
      await server.stop();
    }
  });
});
