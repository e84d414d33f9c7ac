import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { AgentConfig } from "../../agent/config";
import { orderOf } from "../../agent/once";
import { bundlePath } from "../../engines/bundle";
import { own } from "../../engines/files";
import { keyFile } from "../../engines/keys";
import { bareEnvironment, run } from "../../engines/run";
import { serverUser } from "../../engines/user";
import { parsePlan } from "../../plan";
import { temporary } from "../helpers/temporary";
import { text } from "../plan/example";

describe("agent/once", () => {
  it("goes by the plan's clock without arguments", () => assert.equal(orderOf([]), undefined));
  it("reads what to do once, and for which sources", () =>
    assert.deepEqual(orderOf(["--once", "full", "a", "b"]), { work: "full", sources: ["a", "b"] }));
  for (const wrong of [["--once"], ["--once", "everything"], ["--twice", "full"], ["full"]])
    it(`refuses ${wrong.join(" ")}`, () =>
      assert.throws(
        () => orderOf(wrong),
        /must be --once full\|incr\|diff\|verify\|prove \[source\.\.\.\], or none; got /,
      ));

  describe("as a process", function () {
    this.timeout(240_000);
    const at = temporary();
    beforeEach(() => {
      for (const folder of ["data", "agent", "keys", "buckets", "buckets/own"]) {
        mkdirSync(at(folder));
        own(at(folder));
      }
      writeFileSync(at("data/one.txt"), "one");
      const volumes = {
        engine: "files",
        paths: [at("data")],
        backup: { full: "0 2 * * *" },
        verify: { minSize: "1 B" },
      };
      const plan = parsePlan(
        text((written) => Object.assign(written.data, { volumes })),
        "plan.yaml",
      );
      const { api, alerts, people } = plan;
      const config: AgentConfig = {
        ...{ plan: "shop", site: "prod", folder: at("agent"), keysFolder: at("keys"), secretsFolder: at("secrets") },
        ...{ address: "127.0.0.1", port: 1, health: "/healthz", api, alerts, people, services: [] },
        repositories: [{ name: "own", bucket: at("buckets/own") }],
        sources: [{ name: "volumes", entry: plan.data["volumes"]!, root: at() }],
      };
      writeFileSync(at("config.json"), JSON.stringify(config));
    });
    const agent = (...args: string[]) =>
      spawnSync(process.execPath, [bundlePath("agent/main.ts"), ...args], {
        env: bareEnvironment({ DR_CONFIG: at("config.json") }),
        encoding: "utf8",
      });

    it("takes a backup, proves it and ends with 0; restic alone finds what was there", async () => {
      const taken = agent("--once", "full");
      assert.equal(taken.status, 0, taken.stdout + taken.stderr);
      const proven = agent("--once", "prove", "volumes");
      assert.equal(proven.status, 0, proven.stdout);
      assert.match(proven.stdout, /"message":"restore-proven"/);
      const env = { RESTIC_REPOSITORY: at("buckets/own/restic"), RESTIC_PASSWORD_FILE: keyFile(at("keys"), "restic") };
      const args = ["dump", "--no-cache", "--no-lock", "--tag=kind=data", "latest", at("data/one.txt")];
      assert.equal(await run("restic", args, { env, user: serverUser(), cwd: "/" }), "one");
    });

    it("ends with 1 if it failed, and says why", () => {
      rmSync(at("buckets/own"), { recursive: true });
      const { status, stdout } = agent("--once", "full", "volumes");
      assert.equal(status, 1);
      assert.match(stdout, /its bucket \S+ is not there/);
      assert.deepEqual(readdirSync(path.dirname(at("buckets/own"))), [], "it made no other");
    });

    it("ends with 1 for a source that is not in the plan", () => {
      const { status, stdout } = agent("--once", "full", "uploads");
      assert.equal(status, 1);
      assert.match(stdout, /the plan has no source uploads; it has volumes/);
    });
  });
});
