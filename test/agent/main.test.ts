import assert from "node:assert/strict";
import { renameSync, utimesSync, writeFileSync } from "node:fs";
import { key, keyFile } from "../../engines/keys";
import { isOnPath } from "../helpers/on-path";
import { skip } from "../helpers/skip";
import { temporary } from "../helpers/temporary";
import { closeListeners, listen, type Listener } from "./alerts/listener";
import { configIn, endAgents, startAgent, TOKEN, until, type RunningAgent } from "./running";

interface Said {
  readonly kind: string;
  readonly rule?: string;
  readonly source?: string;
}

describe("the agent as a process", function () {
  this.timeout(600_000);
  let hook: Listener;
  let agent: RunningAgent;

  before(function () {
    if (!isOnPath("restic")) skip(this, "no restic");
  });
  beforeEach(async () => (hook = await listen()));
  afterEach(async () => {
    await endAgents();
    await closeListeners();
  });
  const folder = temporary(); // goes when all that works in it has ended

  const said = () => hook.heard.map(({ body }) => JSON.parse(body) as Said);
  const heard = (kind: string, rule?: string) =>
    until(() => said().find((one) => one.kind === kind && (rule === undefined || one.rule === rule)));
  async function start(channels: Record<string, object> = { hook: { type: "webhook", address: "HOOK_URL" } }) {
    writeFileSync(folder("hook"), "");
    const config = await configIn(folder, (plan) => Object.assign(plan["alerts"] as object, { channels }));
    writeFileSync(folder("secrets/HOOK_URL"), `${hook.url}/hook-canary-of-the-channel\n`);
    agent = await startAgent(config, folder());
    return config;
  }

  it("backs up on request, says so everywhere, tells what breaks and what is over, and shows no secret", async () => {
    await start();
    await heard("test");
    assert.equal((await agent.ask("GET", "/api/v1/system/backup/history", undefined, "")).status, 401);
    assert.equal(
      (await agent.ask("GET", "/api/v1/system/backup/history", undefined, "another-token-0123456789")).status,
      401,
    );
    assert.equal((await agent.ask("GET", "/readyz", undefined, "")).status, 200);

    const done = await agent.followed(await agent.begin());
    assert.equal(done["state"], "succeeded", String(done["error"]));
    const [id] = done["backups"] as [string];
    const { backups } = (await agent.ask("GET", "/api/v1/system/backup/history")).json as {
      backups: { id: string; state: string; repositories: string[] }[];
    };
    const found = backups.find((one) => one.id === id)!;
    assert.deepEqual([found.state, found.repositories], ["verified", ["own"]]);
    const { text } = await agent.ask("GET", "/metrics", undefined, "");
    assert.match(text, /^dr_backup_last_verified_timestamp_seconds\{source="volumes"\} \d+/m);
    assert.match(text, /^dr_job_total\{kind="backup",source="volumes",result="success"\} [1-9]/m);
    assert.match(text, /^dr_up\{kind="files",name=".*uploads"\} 1/m);

    renameSync(folder("files/uploads"), folder("files/gone"));
    assert.equal((await agent.followed(await agent.begin()))["state"], "failed");
    await heard("firing", "backupFailed");
    await heard("firing", "filesUnavailable");
    renameSync(folder("files/gone"), folder("files/uploads"));
    assert.equal((await agent.followed(await agent.begin()))["state"], "succeeded");
    await heard("resolved", "backupFailed");
    await heard("resolved", "filesUnavailable");

    const status = (await agent.ask("GET", "/status", undefined, "")).text;
    agent.child.kill("SIGTERM");
    assert.equal(await agent.ended, 0);
    const shown = [agent.output(), status, text, ...hook.heard.map(({ body }) => body)].join("\n");
    for (const secret of [TOKEN, "hook-canary", "content-canary"]) assert.ok(!shown.includes(secret), secret);
    assert.match(agent.output(), /"message":"backup-verified"/);
  });

  it("tests a channel once for each of its configurations, and one that failed again", async () => {
    const config = await start();
    await heard("test");
    const tested = async () =>
      until(async () => {
        const { channels } = (await agent.ask("GET", "/status")).json as unknown as {
          channels: { channel: string; arrived: boolean }[];
        };
        return channels.length > 0 && channels;
      });
    const again = async (channels: typeof config.alerts.channels) => {
      agent.child.kill("SIGTERM");
      await agent.ended;
      agent = await startAgent({ ...config, alerts: { ...config.alerts, channels } }, folder());
      return (await tested()).map(({ channel, arrived }) => [channel, arrived]);
    };
    const tests = () => said().filter(({ kind }) => kind === "test").length;
    await tested();
    assert.deepEqual(await again(config.alerts.channels), [["hook", true]]);
    assert.equal(tests(), 1);
    const mail = { type: "email", to: ["ops@shop.test"], server: "SMTP_URL" } as const;
    const hooks = config.alerts.channels;
    assert.deepEqual(await again({ ...hooks, mail }), [
      ["hook", true],
      ["mail", false],
    ]);
    assert.equal(tests(), 1);
    const lines = agent
      .output()
      .split("\n")
      .filter((line) => line.includes("SMTP_URL"));
    assert.equal(lines.length, 1, "a channel without its secret is told of in one line");
    assert.match(lines[0]!, /secret SMTP_URL is not set/);
    writeFileSync(folder("secrets/OTHER_URL"), `${hook.url}/another-of-the-same\n`);
    assert.deepEqual(await again({ hook: { type: "webhook", address: "OTHER_URL" } }), [["hook", true]]);
    assert.equal(tests(), 2);
  });

  it("warns before a certificate ends, and when the repositories' keys are too old", async () => {
    // Made by OpenSSL: it ends in ten days, and the plan warns fourteen days before.
    const { execFileSync } = await import("node:child_process");
    if (!isOnPath("openssl")) assert.fail("openssl is part of every system that this runs on");
    const config = await configIn(folder, (plan) => {
      plan.data["volumes"] = {
        ...plan.data["volumes"]!,
        engine: "configuration",
        certificates: { paths: ["tls.crt"] },
      };
      const channels = { hook: { type: "webhook", address: "HOOK_URL" } };
      const { rules } = plan["alerts"] as { rules: object };
      plan["alerts"] = { rules: { ...rules, keyAge: { after: "0s" } }, channels };
    });
    writeFileSync(folder("secrets/HOOK_URL"), hook.url);
    key(folder("keys"), "restic");
    const made = (daysAgo: number) => {
      const at = new Date(Date.now() - daysAgo * 86_400_000);
      utimesSync(keyFile(folder("keys"), "restic"), at, at);
    };
    made(91);
    const make = (days: number) =>
      execFileSync(
        "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-subj",
          "/CN=shop.test",
        ].concat([...["-days", String(days), "-keyout", folder("tls.key"), "-out", folder("files/tls.crt")]]),
        { stdio: "pipe" },
      );
    make(10);
    agent = await startAgent({ ...config, keyRotation: 90 * 86_400 }, folder());
    const { source } = await heard("firing", "certificateExpiry");
    assert.equal(source, "volumes");
    assert.equal((await heard("firing", "keyAge")).source, "prod");
    made(89);
    make(90);
    assert.equal((await agent.followed(await agent.begin()))["state"], "succeeded");
    await heard("resolved", "certificateExpiry");
    await heard("resolved", "keyAge");
  });
});
