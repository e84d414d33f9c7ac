import assert from "node:assert/strict";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import type { AgentConfig } from "../../../agent/config";
import { createJobs, type Jobs } from "../../../agent/jobs";
import { createLog } from "../../../agent/log";
import { createRedactor } from "../../../agent/redaction";
import { makeFolder } from "../../../engines/files";
import { keyFile } from "../../../engines/keys";
import { run } from "../../../engines/run";
import { parsePlan } from "../../../plan";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";
import { text } from "../../plan/example";

describe("agent/jobs: files that are copied as they change", function () {
  this.timeout(360_000);
  const at = temporary();
  let jobs: Jobs | undefined;

  beforeEach(function () {
    if (!isOnPath("restic")) skip(this, "no restic");
    jobs = undefined;
    mkdirSync(at("files/uploads"), { recursive: true });
    writeFileSync(at("files/uploads/first.txt"), "first");
    for (const bucket of ["own", "dr"]) makeFolder(at(bucket));
  });
  afterEach(() => jobs?.stop());

  function start(): Jobs {
    const entry = { engine: "files", paths: ["uploads"], replicate: "continuous", replicateLag: "5s" };
    const plan = parsePlan(
      text((written) => {
        written.data = { uploads: { ...entry, backup: { full: "0 2 1 1 *" }, verify: { minSize: "1 B" } } };
        written.alerts = { rules: { backupAge: { enabled: false } } };
      }),
      "plan.yaml",
    );
    const config: AgentConfig = {
      ...{ plan: plan.name, site: "prod", folder: at("agent"), keysFolder: at("keys"), secretsFolder: at("secrets") },
      ...{ address: "127.0.0.1", port: 0, health: "/healthz", services: [] },
      ...{ api: plan.api, alerts: plan.alerts, people: plan.people },
      repositories: ["own", "dr"].map((name) => ({ name, bucket: at(name) })),
      sources: [{ name: "uploads", entry: plan.data["uploads"]!, root: at("files") }],
    };
    const made = createJobs({
      ...{ config, log: createLog({ level: "silent" }), redactor: createRedactor(), secret: () => undefined },
    });
    made.start();
    return made;
  }
  const farNames = async (): Promise<string> => {
    const env = { RESTIC_PASSWORD_FILE: keyFile(at("keys"), "restic"), RESTIC_REPOSITORY: at("dr/restic") };
    const args = ["ls", "latest", "--tag", "kind=data", "--no-cache", "--no-lock"];
    return run("restic", args, { env }).catch(() => "");
  };
  async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const end = Date.now() + 90_000; !(await holds()); await new Promise((r) => setTimeout(r, 100)))
      if (Date.now() > end) throw new Error(`after a minute and a half: ${what}`);
  }

  it("brings a change to the other site by itself, and says how far behind it is until then", async () => {
    jobs = start();
    await until(async () => (await farNames()).includes("first.txt"), "the first copy is not there");
    await until(() => jobs!.lags().uploads === 0, "something is still not copied");
    writeFileSync(at("files/uploads/second.txt"), "second");
    await until(() => jobs!.lags().uploads! > 0, "nobody saw the change");
    await until(async () => (await farNames()).includes("second.txt"), "the change did not arrive");
    await until(() => jobs!.lags().uploads === 0, "the change still counts as not copied");
    const { held } = await jobs.ports.history();
    assert.ok(held.some(({ backup }) => backup.trigger === "change" && backup.type === "incr" && !backup.reference));
  });

  it("stays behind, and says so, while the other site's bucket is gone", async () => {
    jobs = start();
    await until(() => jobs!.lags().uploads === 0, "the first copy is not there");
    renameSync(at("dr"), at("dr-away"));
    const began = Date.now();
    writeFileSync(at("files/uploads/second.txt"), "second");
    await until(() => jobs!.lags().uploads! > 5, "it does not say that it is behind");
    assert.ok(jobs.lags().uploads! <= (Date.now() - began) / 1000 + 1);
    renameSync(at("dr-away"), at("dr"));
    await until(async () => (await farNames()).includes("second.txt"), "the change did not arrive");
    await until(() => jobs!.lags().uploads === 0, "the change still counts as not copied");
  });
});
