import assert from "node:assert/strict";
import { mkdirSync, renameSync } from "node:fs";
import { backUp, BackupError } from "../../../agent/jobs/backup";
import { createQueue } from "../../../agent/jobs/queue";
import { setUp, sourceOf } from "../../../agent/jobs/setup";
import { statusOf } from "../../../agent/jobs/status";
import { createLog } from "../../../agent/log";
import { createRedactor } from "../../../agent/redaction";
import { own } from "../../../engines/files";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";
import { configIn } from "../running";

const work = { onProgress: () => {}, onBackup: () => {}, refuseIfEnding: () => {} };
const request = { type: "full", trigger: "schedule" } as const;

describe("agent/jobs/backup", function () {
  this.timeout(240_000);
  const folder = temporary();

  before(function () {
    if (!isOnPath("restic")) skip(this, "no restic");
  });

  it("gives a backup to the repositories that want it, and says which did not get it, so that only these are tried again", async () => {
    mkdirSync(folder("far"));
    const repositories = ["bucket", "far"].map((name) => ({ name, bucket: folder(name) }));
    const config = await configIn(folder, () => {}, { repositories });
    for (const name of ["bucket", "far"]) own(folder(name));
    const redactor = createRedactor();
    const setup = setUp({ config, redactor, log: createLog({ level: "silent" }), secret: () => undefined });
    const one = sourceOf(setup, "volumes");
    renameSync(folder("far"), folder("lost"));

    const error = await backUp(setup, one, request, setup.repositories, work).catch((caught: unknown) => caught);
    assert.ok(error instanceof BackupError, String(error));
    assert.deepEqual(
      error.failed.map(({ name }) => name),
      ["far"],
    );
    const held = async () =>
      Promise.all(setup.repositories.map(async (one) => (await one.list("volumes")).map(({ backup }) => backup.id)));
    renameSync(folder("lost"), folder("far"));
    await backUp(setup, one, request, error.failed, work);
    const [near, far] = await held();
    assert.deepEqual([near!.length, far!.length], [1, 1], "who has it is left alone");
    const queue = createQueue({ onStarted: () => {}, onEnded: () => {} }, redactor.text);
    assert.deepEqual(
      statusOf(setup, queue).findings.filter(({ rule }) => rule !== "backupSuccess" && rule !== "backupSize"),
      [],
    );
  });
});
