import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { AgentConfig } from "../../agent/config";
import { own } from "../../engines/files";
import { run } from "../../engines/run";
import { serverUser } from "../../engines/user";
import { isOnPath } from "../helpers/on-path";
import { skip } from "../helpers/skip";
import { temporary } from "../helpers/temporary";
import { configIn, endAgents, startAgent, until, type RunningAgent } from "./running";

describe("an agent that is ended in the middle of a backup", function () {
  this.timeout(600_000);

  before(function () {
    if (!isOnPath("restic")) skip(this, "no restic");
  });
  afterEach(async () => {
    writeFileSync(folder("go"), ""); // whatever still holds its breath
    await endAgents();
    await until(() => tools().length === 0);
  });
  const folder = temporary(); // goes when all that works in it has ended

  /** The real restic, but slow at storing: the backup that is to be interrupted lasts until `go` is there. */
  function slowRestic(): NodeJS.ProcessEnv {
    const real = process.env
      .PATH!.split(":")
      .map((one) => path.join(one, "restic"))
      .find((one) => existsSync(one))!;
    mkdirSync(folder("slow"));
    const slow = `case "$*" in *kind=data*) [ -e '${folder("go")}' ] || exec '${real}' --limit-upload 200 "$@";; esac`;
    writeFileSync(folder("slow/restic"), `#!/bin/sh\n${slow}\nexec '${real}' "$@"\n`);
    chmodSync(folder("slow/restic"), 0o755);
    return { PATH: `${folder("slow")}:${process.env.PATH}` };
  }

  /** Processes that work with this test's repository. */
  const tools = () =>
    readdirSync("/proc").filter((pid) => {
      try {
        return (
          /^\d+$/.test(pid) &&
          readFileSync(`/proc/${pid}/environ`, "utf8").includes(`RESTIC_REPOSITORY=${folder("bucket")}`)
        );
      } catch {
        return false;
      }
    });

  /** What the repository holds, as restic says it without the agent. */
  async function restic(config: AgentConfig, ...args: readonly string[]): Promise<string> {
    const env = {
      RESTIC_REPOSITORY: path.join(config.repositories.at(-1)!.bucket, "restic"),
      RESTIC_PASSWORD_FILE: path.join(config.keysFolder, "restic.key"),
    };
    return run("restic", [...args, "--no-cache", "--no-lock"], { env, user: serverUser() });
  }
  const kinds = async (config: AgentConfig) =>
    (JSON.parse(await restic(config, "snapshots", "--json")) as { tags: string[] }[]).map(({ tags }) =>
      tags.find((tag) => tag.startsWith("kind="))!.slice(5),
    );

  /** An agent whose first backup is just being stored. */
  async function inTheMiddle(): Promise<{ config: AgentConfig; agent: RunningAgent }> {
    const config = await configIn(folder);
    writeFileSync(folder("files/uploads/large.bin"), randomBytes(4 * 1024 * 1024));
    for (const one of ["bucket", "files/uploads/large.bin", "files/uploads"]) own(folder(one));
    const agent = await startAgent(config, folder(), slowRestic());
    const stored = () =>
      existsSync(folder("bucket/restic/data")) &&
      readdirSync(folder("bucket/restic/data"), { recursive: true, withFileTypes: true }).some((entry) =>
        entry.isFile(),
      );
    await until(stored);
    assert.match((await agent.ask("GET", "/status")).text, /"running":\{"kind":"backup"/);
    return { config, agent };
  }

  /** The next agent takes the backup, and leaves the repository open to all. */
  async function takenUp(config: AgentConfig): Promise<void> {
    writeFileSync(folder("go"), "");
    const agent = await startAgent(config, folder());
    const job = await agent.followed(await agent.begin());
    assert.equal(job["state"], "succeeded", String(job["error"]));
    await until(async () => (await restic(config, "list", "locks", "--quiet")).trim() === "");
    assert.ok((await kinds(config)).includes("backup"));
    await restic(config, "check");
  }

  it("rolls it back on SIGTERM, names nothing, ends with 0, and is taken up by the next", async () => {
    const { config, agent } = await inTheMiddle();
    agent.child.kill("SIGTERM");
    assert.equal(await agent.ended, 0);
    assert.deepEqual(tools(), [], "its tools are gone with it");
    assert.deepEqual(await kinds(config), [], "nothing is published");
    assert.match(agent.output(), /"rolledBack":\{"kind":"backup"/);
    const attempts = path.join(config.folder, "attempts.jsonl");
    assert.ok(
      !existsSync(attempts) || !readFileSync(attempts, "utf8").includes('"ok":false'),
      "it did not fail: it was ended",
    );
    await takenUp(config);
  });

  it("names nothing after SIGKILL, and is taken up by the next, whatever it left", async () => {
    const { config, agent } = await inTheMiddle();
    agent.child.kill("SIGKILL");
    for (const pid of tools()) process.kill(Number(pid), "SIGKILL"); // as a machine that loses its power: with all it ran
    assert.equal(await agent.ended, "SIGKILL");
    await until(() => tools().length === 0);
    assert.notEqual((await restic(config, "list", "locks", "--quiet")).trim(), "", "a lock is left to be dealt with");
    assert.ok(!(await kinds(config)).includes("backup"), "nothing is published");
    await takenUp(config);
  });

  it("takes at its next start what a repository has none of yet, and into that one alone", async () => {
    const config = await configIn(folder);
    for (const one of ["bucket", "files/uploads"]) own(folder(one));
    const isBackup = (kind: string) => kind === "backup";
    const first = await startAgent(config, folder());
    await until(async () => existsSync(folder("bucket/restic/config")) && (await kinds(config)).some(isBackup));
    first.child.kill("SIGKILL");
    await first.ended;
    rmSync(path.join(config.folder, "attempts.jsonl"), { force: true }); // one that ends between the two has noted nothing
    const before = (await kinds(config)).filter(isBackup).length;

    mkdirSync(folder("copy"));
    own(folder("copy"));
    const both = { ...config, repositories: [...config.repositories, { name: "dr", bucket: folder("copy") }] };
    await startAgent(both, folder());
    await until(async () => existsSync(folder("copy/restic/config")) && (await kinds(both)).some(isBackup));
    assert.equal((await kinds(config)).filter(isBackup).length, before);
  });
});
