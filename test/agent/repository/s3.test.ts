import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { RepositoryConfig } from "../../../agent/config";
import { takeBackup } from "../../../agent/jobs/work";
import type { RepositoryError } from "../../../agent/repository/refusal";
import { repositoryOf } from "../../../agent/repository/stores";
import { FilesSource } from "../../../agent/sources/files";
import { makeFolder } from "../../../engines/files";
import { silent } from "../../helpers/protected-postgres";
import { entry, tools } from "../../faults/protected-files";
import type { S3Client, Version } from "../../standin/s3-client";
import { startS3, type S3Server } from "../../standin/versitygw";

const AGENT = { id: "agent", secret: "what the agent signs with" };
const READ = ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject"];
const WRITE = [...READ, "s3:PutObject"];
const secret = (name: string) =>
  ({ AWS_ACCESS_KEY_ID: AGENT.id, AWS_SECRET_ACCESS_KEY: AGENT.secret })[name as "AWS_ACCESS_KEY_ID"];

describe("agent/repository on S3", function () {
  this.timeout(600_000);
  let s3: S3Server;
  before(async function () {
    s3 = await startS3(this);
    await s3.addUser(AGENT);
  });
  after(() => s3?.stop());

  const at = (...parts: string[]) => path.join(s3.folder, ...parts);
  const open = async (bucket: string, name = bucket) => {
    const of: RepositoryConfig = { name, bucket: `${s3.address(bucket)}/dr`, caFile: s3.caFile };
    const repository = repositoryOf({ folder: at("agent", bucket), keysFolder: at("keys") }, of, secret);
    await repository.open();
    return repository;
  };
  const uploads = (text: string) => {
    makeFolder(at("data"), 0o755);
    writeFileSync(at("data/file.txt"), text);
    return new FilesSource({ name: "uploads", plan: "shop", site: "prod", engine: "files", paths: [at("data")] });
  };
  const protecting = (text: string, last = 90) => {
    const remote = { last, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    return {
      source: uploads(text),
      entry: { retention: { remote } as never, verify: { ...entry.verify, minSize: 1 } },
    };
  };
  const request = { type: "full", trigger: "manual" } as const;

  it("stores, lists, reads back, checks, restores and forgets, by https with a certificate of one's own", async () => {
    await s3.makeBucket("plain");
    await s3.permit("plain", AGENT.id, { allow: [...WRITE, "s3:DeleteObject"] });
    const repository = await open("plain");
    const produce = (sink: NodeJS.WritableStream) => pipeline(Readable.from(["select 42;"]), sink, { end: false });
    const stored = await repository.storeStream("dump.sql", {}, produce);
    let read = "";
    await repository.readStream(stored.locator, "dump.sql", async (from) => {
      for await (const piece of from) read += String(piece);
    });
    assert.equal(read, "select 42;");
    const first = await takeBackup(protecting("one"), request, repository, tools(at("scratch")));
    assert.equal(first.verdict?.verified, true);
    const second = await takeBackup(protecting("two"), request, repository, tools(at("scratch")));
    assert.deepEqual(await repository.forget([first.backup]), { removed: [first.backup.id], refused: [] });
    assert.deepEqual(
      (await repository.list()).map(({ backup }) => backup.id),
      [second.backup.id],
    );
    await repository.checkStructure();
    await protecting("x").source.restore(second.backup, repository, { target: at("back"), drop: false }, silent);
    assert.equal(readFileSync(at("back", at("data/file.txt")), "utf8"), "two");
    assert.deepEqual(await s3.root.keys("plain", "dr/restic/locks"), []);
    assert.equal(repository.refusesDeletes, false);
  });

  it("goes on for days where every delete is refused: backups are taken and proven, retention says so, no lock shuts it out", async () => {
    await s3.makeBucket("kept");
    await s3.permit("kept", AGENT.id, { allow: WRITE });
    const taken: string[] = [];
    for (let day = 1; day <= 5; day++) {
      const repository = await open("kept"); // as after a restart: nothing is remembered
      const { backup, verdict } = await takeBackup(
        protecting(`day ${day}`, 1),
        request,
        repository,
        tools(at("scratch")),
      );
      assert.equal(verdict?.verified, true);
      taken.push(backup.id);
      assert.equal(repository.refusesDeletes, true);
      const { refused } = await repository.forget([(await repository.list())[0]!.backup]);
      assert.deepEqual(refused, [taken[0]]);
      await repository.checkStructure();
    }
    const repository = await open("kept");
    const known = await repository.list();
    assert.deepEqual(
      known.map(({ backup }) => backup.id),
      taken,
    );
    await assert.rejects(repository.prune(), (error: RepositoryError) => error.fault === "denied");
    for (const { backup } of known) await repository.check(backup.locator);
  });

  it("comes back from a bucket with object lock after all was deleted and overwritten with the agent's own credentials", async () => {
    await s3.makeBucket("locked", { lockDays: 1 });
    await s3.permit("locked", AGENT.id, { allow: [...WRITE, "s3:DeleteObject", "s3:DeleteObjectVersion"] });
    const repository = await open("locked");
    const { backup } = await takeBackup(protecting("precious"), request, repository, tools(at("scratch")));
    const before = new Date();
    while (Date.now() < before.getTime() + 10) await new Promise((r) => setTimeout(r, 1));
    const agent = s3.as(AGENT);
    for (const key of await s3.root.keys("locked", "dr/")) {
      if (key.includes("/data/")) await agent.must("PUT", `/locked/${key}`, {}, "pay us");
      await agent.must("DELETE", `/locked/${key}`);
    }
    assert.deepEqual(await s3.root.keys("locked", "dr/"), []);
    const kept = (await s3.root.versions("locked", "dr/restic/data")).filter((one) => !one.isDeleteMarker);
    for (const client of [agent, s3.root]) {
      const answer = await client.send("DELETE", `/locked/${kept[0]!.key}`, { versionId: kept[0]!.version });
      assert.equal(answer.status, 403, answer.body.toString());
    }
    await assert.rejects(repository.open(), /it was here and is gone/);

    await bringBack(s3.root, "locked", before);
    const again = await open("locked");
    assert.deepEqual(
      (await again.list()).map((one) => one.backup.id),
      [backup.id],
    );
    await again.checkStructure();
    await protecting("x").source.restore(backup, again, { target: at("ransomed"), drop: false }, silent);
    assert.equal(readFileSync(at("ransomed", at("data/file.txt")), "utf8"), "precious");
    const next = await takeBackup(protecting("later"), request, again, tools(at("scratch")));
    assert.equal(next.verdict?.verified, true);
  });
});

/** What docs/repository.md tells a person to do: the newest version from before the attack is put in front again. */
async function bringBack(client: S3Client, bucket: string, before: Date): Promise<void> {
  const newest = new Map<string, Version>();
  for (const one of await client.versions(bucket)) {
    if (one.isDeleteMarker || madeAt(one) > before.getTime() || one.key.includes("/locks/")) continue;
    const other = newest.get(one.key);
    if (!other || madeAt(other) < madeAt(one)) newest.set(one.key, one);
  }
  for (const { key, version } of newest.values()) {
    const { body } = await client.must("GET", `/${bucket}/${key}`, { versionId: version });
    await client.must("PUT", `/${bucket}/${key}`, {}, body);
  }
}

/** When a version was made, from its id, a ULID: this server gives a version that was replaced the time of its replacement. */
const madeAt = ({ version }: Version) =>
  [...version.slice(0, 10)].reduce((sum, one) => sum * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(one), 0);
