import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { RepositoryError, RepositoryFault } from "../../agent/repository/refusal";
import type { ResticRepository } from "../../agent/repository/restic";
import { repositoryOf } from "../../agent/repository/stores";
import { takeBackup } from "../../agent/jobs/work";
import { FilesSource } from "../../agent/sources/files";
import { makeFolder } from "../../engines/files";
import { silent } from "../helpers/protected-postgres";
import { startS3, type S3Server } from "../standin/versitygw";
import { entry, tools } from "./protected-files";

const READ = ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject"];
const ALL = [...READ, "s3:PutObject", "s3:DeleteObject"];

describe("fault 14: a bucket is gone, or its key is", function () {
  this.timeout(600_000);
  let s3: S3Server;
  const agent = { id: "agent", secret: "what the agent signs with" };
  const secret = (name: string) =>
    ({ AWS_ACCESS_KEY_ID: agent.id, AWS_SECRET_ACCESS_KEY: agent.secret })[name as "AWS_ACCESS_KEY_ID"];
  const at = (...parts: string[]) => path.join(s3.folder, ...parts);
  const open = (name: string, folder = "agent") =>
    repositoryOf(
      { folder: at(folder), keysFolder: at("keys") },
      { name, bucket: s3.address(name), caFile: s3.caFile },
      secret,
    );
  before(async function () {
    s3 = await startS3(this);
    await s3.addUser(agent);
    makeFolder(at("data"), 0o755);
    writeFileSync(at("data/file.txt"), "precious");
  });
  after(() => s3?.stop());

  const backUp = (repository: ResticRepository) => {
    const source = new FilesSource({
      name: "uploads",
      plan: "shop",
      site: "prod",
      engine: "files",
      paths: [at("data")],
    });
    const of = { source, entry: { ...entry, verify: { ...entry.verify, minSize: 1 } } };
    return takeBackup(of, { type: "full", trigger: "manual" }, repository, tools(at("scratch")));
  };
  const fails = (fault: RepositoryFault) => (error: RepositoryError) => (
    assert.equal(error.fault, fault, error.message),
    true
  );
  const make = async (name: string) => {
    await s3.makeBucket(name);
    await s3.permit(name, agent.id, { allow: ALL });
    const repository = open(name);
    await backUp(repository);
    return repository;
  };

  it("is found by the next backup; the second copy restores, and no empty repository takes the first one's place", async () => {
    const [own, copy] = [await make("own"), await make("copy")];
    for (const { key, version } of await s3.root.versions("own"))
      await s3.root.must("DELETE", `/own/${key}`, { versionId: version });
    rmSync(at("buckets/own"), { recursive: true });
    await assert.rejects(backUp(own), /it was here and is gone; an empty one must not take its place silently/);
    // One that never saw it may not make a bucket either: its key has no right to.
    await assert.rejects(backUp(open("own", "new-agent")), fails("denied"));
    assert.equal((await s3.root.send("HEAD", "/own")).status, 404);
    await s3.makeBucket("own");
    await s3.permit("own", agent.id, { allow: ALL });
    await assert.rejects(backUp(own), /it was here and is gone; an empty one must not take its place silently/);
    assert.deepEqual(await s3.root.keys("own"), []);
    const { backup } = (await copy.list()).at(-1)!;
    const source = new FilesSource({
      name: "uploads",
      plan: "shop",
      site: "prod",
      engine: "files",
      paths: [at("data")],
    });
    await source.restore(backup, copy, { target: at("back"), drop: false }, silent);
  });

  it("is found when the key may only write: a backup that cannot be read back is none", async () => {
    const repository = await make("blind");
    await s3.permit("blind", agent.id, { allow: ["s3:ListBucket", "s3:GetBucketLocation", "s3:PutObject"] });
    await assert.rejects(backUp(repository), fails("denied"));
  });

  it("is found when the secret was changed, and when the user is gone; the new secret is used without a restart", async () => {
    const repository = await make("revoked");
    await s3.changeSecret({ id: agent.id, secret: "another one" });
    await assert.rejects(backUp(repository), fails("denied"));
    await assert.rejects(repository.list(), fails("denied"));
    agent.secret = "another one";
    await backUp(repository);
    await s3.removeUser(agent.id);
    await assert.rejects(backUp(repository), fails("denied"));
  });
});
