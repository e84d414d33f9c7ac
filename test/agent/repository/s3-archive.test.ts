import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { archiveOf, repositoryOf } from "../../../agent/repository/stores";
import type { ResticRepository } from "../../../agent/repository/restic";
import { withServerOn } from "../../../agent/sources/postgresql/scratch";
import { manual, protectedPostgres, silent, type ProtectedPostgres } from "../../helpers/protected-postgres";
import { startS3, type S3Server } from "../../standin/versitygw";

const AGENT = { id: "agent", secret: "what the agent signs with" };
const secret = (name: string) =>
  ({ AWS_ACCESS_KEY_ID: AGENT.id, AWS_SECRET_ACCESS_KEY: AGENT.secret })[name as "AWS_ACCESS_KEY_ID"];

describe("a PostgreSQL server's archive on S3", function () {
  this.timeout(600_000);
  let s3: S3Server;
  let at: ProtectedPostgres;
  let own: ResticRepository;
  before(async function () {
    s3 = await startS3(this);
    await s3.addUser(AGENT);
    await s3.makeBucket("archive", { lockDays: 1 });
    const allow = ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"];
    // The least that docs/repository.md asks for: pgBackRest removes `latest` at the end of each backup, restic its locks.
    const deleteOnly = ["prod/restic/locks/*", "prod/pgbackrest/backup/shop-orders/latest"];
    await s3.permit("archive", AGENT.id, { allow, deleteOnly });
    const one = { name: "own", bucket: `${s3.address("archive")}/prod`, caFile: s3.caFile };
    at = await protectedPostgres("shop", archiveOf(one, secret));
    own = repositoryOf({ folder: path.join(at.folder, "agent"), keysFolder: at.endpoint.keysFolder }, one, secret);
  });
  after(async () => {
    await at?.stop();
    await s3?.stop();
  });

  it("takes full and incremental backups and WAL, reads them back, and restores to a point in time", async () => {
    const full = await at.physical().backUp(manual(), own, silent);
    assert.equal(full.type, "full");
    await at.query("create table words as select 'before'::text as word");
    const incr = await at.physical().backUp(manual("incr"), own, silent);
    assert.equal(incr.reference, full.id);
    const time = (await at.query<{ now: Date }>("select clock_timestamp() as now"))[0]!.now;
    await at.query("update words set word = 'too late'");
    await at.query("select pg_switch_wal()");
    const later = await at.physical().backUp(manual("incr"), own, silent); // waits until the WAL is there
    const read = await at.physical().readBack([full, incr, later], own);
    assert.deepEqual([...read.values()], [[], [], []]);
    assert.deepEqual(await at.physical().walGaps(own, full), []);
    const proof = await at.physical().prove(later, own, path.join(at.folder, "agent"), silent);
    assert.deepEqual(proof.reasons, []);
    const target = path.join(at.folder, "target");
    await at.physical().restore(incr, own, { target, drop: false, time: time.toISOString() }, silent);
    const words = await withServerOn(target, (copy) =>
      copy.connected("shop", async (client) => (await client.query<{ word: string }>("select word from words")).rows),
    );
    assert.deepEqual(words, [{ word: "before" }]);
  });

  it("holds what is there encrypted, says when expiry is refused, and takes the next backup all the same", async () => {
    const keys = await s3.root.keys("archive", "prod/pgbackrest/");
    const wal = keys.find((key) => /\/[0-9A-F]{24}-[0-9a-f]{40}\.zst$/.test(key))!;
    assert.equal((await s3.root.must("GET", `/archive/${wal}`)).body.subarray(0, 8).toString(), "Salted__");
    const labels = await at.physical().labels(own);
    const going = labels.map(({ label }) => label);
    await assert.rejects(at.physical().expire(going, own), /s3:DeleteObject|AccessDenied|403/);
    const next = await at.physical().backUp(manual("full"), own, silent);
    assert.deepEqual((await at.physical().readBack([next], own)).get(next.id), []);
  });

  it("shows no secret in any argument, and keeps its configuration to itself", () => {
    const { stdout } = spawnSync("sh", ["-c", `find '${at.folder}' -name '*.conf' -perm /077 -path '*pgbackrest*'`]);
    assert.equal(stdout.toString(), "");
    assert.match(readFileSync(path.join(at.folder, "server/pgbackrest.conf"), "utf8"), /repo1-s3-key-secret=/);
    const { stdout: logged } = spawnSync("grep", ["-rl", AGENT.secret, path.join(at.folder, "server/pgbackrest/log")]);
    assert.equal(logged.toString(), "");
  });
});
