import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { newestVerified } from "../../../agent/api/history";
import type { Job } from "../../../agent/api/ports";
import type { AgentConfig } from "../../../agent/config";
import { createJobs, type Jobs } from "../../../agent/jobs";
import { createLog } from "../../../agent/log";
import { createRedactor } from "../../../agent/redaction";
import { readOnly, repositoryOf } from "../../../agent/repository/stores";
import { secretReader } from "../../../agent/secrets";
import { ask } from "../../../agent/sources/redis/client";
import { startScratch, untilReady, type ScratchServer } from "../../../agent/sources/scratch-server";
import { openDirect } from "../../../cli/backup/direct";
import { clientOf } from "../../../cli/backup/client";
import { makeFolder, own } from "../../../engines/files";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";
import { configIn } from "../running";

const LETTER = "what prod had\n".repeat(100);
const quiet = () => {};

describe("what a lost site backed up", function () {
  this.timeout(360_000);
  const at = temporary();
  let servers: ScratchServer[];
  beforeEach(function () {
    if (!isOnPath("restic")) skip(this, "no restic");
    servers = [];
  });
  afterEach(() => Promise.all(servers.map((server) => server.stop())));

  /** The agent of a site: its region is a folder, and the copy of the other site's bucket lies in it. */
  async function configOf(site: "prod" | "dr", secrets: Readonly<Record<string, string>> = {}): Promise<AgentConfig> {
    const region = (...parts: string[]) => at(site, ...parts);
    const other = site === "prod" ? "dr" : "prod";
    for (const one of ["bucket", `copy-of-${other}`]) makeFolder(region(one));
    makeFolder(at(other, `copy-of-${site}`));
    const config = await configIn(region, (plan) => {
      plan.data["cache"] = { engine: "redis", backup: { full: "0 2 * * *" }, verify: { minSize: "1 B" } };
    });
    rmSync(region("files"), { recursive: true });
    for (const [name, value] of Object.entries(secrets)) writeFileSync(region("secrets", name), value);
    const far = site === "prod" ? [{ name: "dr", bucket: at("dr/copy-of-prod") }] : [];
    return {
      ...config,
      ...{ site, keysFolder: at("keys"), repositories: [{ name: "own", bucket: region("bucket") }, ...far] },
      inherited: [{ name: other, bucket: region(`copy-of-${other}`) }],
    };
  }
  const jobsOf = (config: AgentConfig): Jobs => {
    const redactor = createRedactor();
    return createJobs({
      config,
      log: createLog({ level: "silent" }),
      redactor,
      secret: secretReader(config, redactor),
    });
  };
  async function done(jobs: Jobs, sources: readonly string[]): Promise<Job> {
    const started = await jobs.ports.startBackup({ sources, type: "full" });
    assert.ok("job" in started);
    for (;;) {
      const job = jobs.ports.job(started.job.id)!;
      if (job.endedAt) return job;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  async function redis(folder: string): Promise<ScratchServer> {
    makeFolder(folder);
    const words = ["--bind", "127.0.0.1", "--save", "", "--repl-diskless-sync-delay", "0"];
    const server = await startScratch(["redis-server", "--port", "{port}", "--dir", "{folder}", ...words], folder);
    servers.push(server);
    await untilReady(server, () => ask({ host: "127.0.0.1", port: server.port }, "PING"), 30_000);
    return server;
  }
  /** Every file with its content, its time and its rights: what a reader must leave as it is. */
  const stateOf = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .sort()
      .map((name) => {
        const { mtimeMs, mode, size } = statSync(path.join(folder, name));
        return `${name} ${mode} ${size} ${mtimeMs}`;
      });
  const each = (folder: string, mode: (isFolder: boolean) => number) => {
    for (const name of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })])
      chmodSync(path.join(folder, name), mode(statSync(path.join(folder, name)).isDirectory()));
  };

  async function backedUp(secrets = {}, sources = ["volumes"]): Promise<void> {
    const config = await configOf("prod", secrets);
    await configOf("dr");
    mkdirSync(at("prod/files/uploads"), { recursive: true });
    writeFileSync(at("prod/files/uploads/letter.txt"), LETTER);
    const { state, error } = await done(jobsOf(config), sources);
    assert.equal(state, "succeeded", error);
  }

  it("comes back at the other site from the copy in its own region alone: files and Redis, into that site's own places", async function () {
    if (!isOnPath("redis-server")) skip(this, "no redis-server");
    const cache = await redis(at("cache"));
    await ask({ host: "127.0.0.1", port: cache.port }, "SET", "greeting", "of prod");
    await backedUp({ REDIS_URL: `redis://127.0.0.1:${cache.port}` }, ["volumes", "cache"]);
    await cache.stop();
    rmSync(at("prod"), { recursive: true });

    const { send, close } = await openDirect(await configOf("dr"));
    const client = clientOf(send);
    const ended = async (id: string) => {
      for (;;) {
        const job = await client.job(id);
        if (job?.endedAt) return [job.state, job.error];
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    try {
      const { backups, unread } = await client.history();
      assert.deepEqual(
        backups.map(({ source, site, state, repositories, inherited }) => [source, site, state, repositories, inherited]).sort(),
        ["cache", "volumes"].map((source) => [source, "prod", "verified", ["copy-of-prod"], true]),
      ); // prettier-ignore
      assert.deepEqual([unread, await client.missing()], [[], []]);
      const idOf = (name: string) => backups.find(({ source }) => source === name)!.id;

      await assert.rejects(
        client.restore({ backupId: idOf("volumes"), confirm: "uploads", drop: false }),
        /this overwrites volumes: `confirm` must be that name/,
      );
      const files = await client.restore({ backupId: idOf("volumes"), confirm: "volumes", drop: false });
      assert.deepEqual(await ended(files.id), ["succeeded", undefined]);
      assert.equal(readFileSync(at("dr/files/uploads/letter.txt"), "utf8"), LETTER);
      assert.equal(existsSync(at("prod/files")), false, "nothing goes where the lost site had it");

      const into = { backupId: idOf("cache"), drop: false };
      await assert.rejects(client.restore({ ...into, target: at("none"), confirm: at("none") }), /data folder of a stopped/); // prettier-ignore
      await assert.rejects(client.restore({ ...into, target: at("dr/copy-of-prod"), confirm: at("dr/copy-of-prod") }), /must not touch/); // prettier-ignore
      makeFolder(at("new"));
      assert.deepEqual(await ended((await client.restore({ ...into, target: at("new"), confirm: at("new") })).id), [
        ...["succeeded", undefined],
      ]);
      const again = await redis(at("new"));
      assert.equal(await ask({ host: "127.0.0.1", port: again.port }, "GET", "greeting"), "of prod");
    } finally {
      await close();
    }
  });

  it("is read and never written: no backup, no proof, no lock, not even where it could be", async () => {
    await backedUp();
    const copy = at("dr/copy-of-prod");
    const before = stateOf(copy);
    const config = await configOf("dr");
    mkdirSync(at("dr/files/uploads"), { recursive: true });
    writeFileSync(at("dr/files/uploads/letter.txt"), "of dr");
    const jobs = jobsOf(config);
    assert.equal((await done(jobs, ["volumes"])).state, "succeeded");
    await jobs.look();
    const { held } = await jobs.ports.history();
    assert.deepEqual(
      held.map(({ backup, repositories, inherited }) => [backup.site, repositories, inherited]),
      [
        ["prod", ["copy-of-prod"], true],
        ["dr", ["own"], undefined],
      ],
    );
    assert.equal(newestVerified(held, "volumes")!.backup.site, "dr");
    const { send, close } = await openDirect(config);
    await assert.rejects(
      clientOf(send).verify({ backupId: held[0]!.backup.id, level: "restore" }),
      /was taken at prod and lies in copy-of-prod, which this site reads and never writes.*restore it into another place/,
    );
    await close();
    assert.deepEqual(stateOf(copy), before);
    assert.deepEqual(jobs.facts().repositories.map(({ name }) => name), ["own"], "it has no alarm of its own"); // prettier-ignore

    each(copy, (isFolder) => (isFolder ? 0o555 : 0o444)); // a store that lets nobody write
    try {
      const repository = readOnly(config, { name: "copy-of-prod", bucket: copy }, () => undefined);
      const [known] = await repository.list("volumes");
      makeFolder(at("out"));
      await repository.restorePaths(known!.backup.locator, at("out"), quiet);
      assert.equal(readFileSync(at("out", at("prod/files/uploads/letter.txt")), "utf8"), LETTER);
      assert.ok(!["open", "storePaths", "storeStream", "writeBackup", "writeVerdict", "forget", "prune", "sweep", "check"].some((name) => name in repository)); // prettier-ignore
    } finally {
      each(copy, (isFolder) => (isFolder ? 0o755 : 0o644));
    }
  });

  it("is missed loudly where it cannot be read, and not missed where the other site never backed up", async () => {
    const config = await configOf("dr");
    const jobs = jobsOf(config);
    assert.deepEqual(await jobs.ports.history(), { held: [], unread: [] });
    const other = { ...config, folder: at("stranger"), keysFolder: at("other-keys") };
    makeFolder(other.folder);
    makeFolder(other.keysFolder);
    await repositoryOf(other, { name: "own", bucket: at("dr/copy-of-prod") }, () => undefined).open();
    own(at("dr/copy-of-prod"));
    const { held, unread } = await jobs.ports.history();
    assert.deepEqual(held, []);
    assert.match(unread.join("\n"), /^repository copy-of-prod: the key does not open it/);
    const { send, close } = await openDirect(config);
    assert.deepEqual((await clientOf(send).history()).unread, unread);
    await assert.rejects(clientOf(send).restore({ backupId: "volumes-1", confirm: "volumes", drop: false }), /no repository holds a backup "volumes-1"; repository copy-of-prod: the key/); // prettier-ignore
    await close();
  });
});
