import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createAlerts, type Alerts } from "../../../agent/alerts";
import { startHeartbeat } from "../../../agent/alerts/heartbeat";
import type { Breach, Seen } from "../../../agent/alerts/rules";
import { createLog } from "../../../agent/log";
import { createMetrics, type Metrics } from "../../../agent/metrics";
import { createRedactor } from "../../../agent/redaction";
import { parsePlan } from "../../../plan";
import { temporary } from "../../helpers/temporary";
import { text } from "../../plan/example";
import { closeListeners, listen, until, type Listener } from "./listener";

const HOUR = 3_600_000;
const CANARY = "/services/T0/B0/canary-7f3a9b";
const down: Breach = { rule: "databaseDown", source: "orders", severity: "P0", value: true };
const small: Breach = { rule: "backupSize", source: "orders", severity: "P2", value: 10, threshold: 1_000_000 };
const seen = (...breaches: Breach[]): Seen => ({ breaches, unknown: [] });

const { name, alerts, people } = parsePlan(
  text((plan) => {
    plan.alerts = {
      channels: { chat: { type: "slack", address: "SLACK" }, hook: { type: "webhook", address: "HOOK" } },
      rules: { backupSize: { channels: ["hook"] } },
    };
  }),
);

describe("agent/alerts", () => {
  const folder = temporary();
  const open: Alerts[] = [];
  let chat: Listener;
  let hook: Listener;
  let metrics: Metrics;
  let lines: string[];
  let at: number;

  beforeEach(async () => {
    [chat, hook, metrics] = await Promise.all([listen(), listen(), createMetrics({ version: "1" })]);
    lines = [];
    at = Date.parse("2026-11-21T09:00:00Z");
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await closeListeners();
  });

  /** The agent's alerts after a start; `wait` is what lies between two attempts. */
  function start(wait: (ms: number, signal: AbortSignal) => Promise<void> = () => Promise.resolve()): Alerts {
    const redactor = createRedactor();
    const secrets: Record<string, string> = {
      SLACK: chat.url + CANARY,
      HOOK: hook.url,
      DR_HEARTBEAT_URL: hook.url + CANARY,
    };
    const made = createAlerts({
      ...{ plan: { name, alerts, people }, site: "prod", redactor, metrics, stateFolder: folder("state") },
      secret: (which) => secrets[which],
      log: createLog({ redactor, write: (line) => lines.push(line) }),
      testing: { now: () => at, random: () => 0, wait, timeoutMs: 1_000 },
    });
    open.push(made);
    return made;
  }
  const never = (_ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const titles = ({ heard }: Listener) =>
    heard.map(({ body }) => {
      const { text: slack, title } = JSON.parse(body) as { text?: string; title?: string };
      return slack ?? title;
    });
  const value = async (line: string) =>
    (await metrics.text())
      .split("\n")
      .find((one) => one.startsWith(`${line} `))
      ?.split(" ")
      .at(-1);

  it("tells of a breach, and of its end, by each channel that is concerned", async () => {
    const made = start();
    made.look(seen(down, small));
    await made.settled();
    const firing = 'dr_incident_firing{rule="databaseDown",source="orders",severity="P0"}';
    assert.equal(await value(firing), "1");
    made.look(seen());
    await made.settled();
    assert.deepEqual(titles(chat), [
      "🚨 [P0] orders: database does not answer",
      "✅ [P0] resolved: orders: database does not answer",
    ]);
    assert.deepEqual(titles(hook), [
      "orders: database does not answer",
      "orders: backup is suspiciously small",
      "resolved: orders: database does not answer",
      "resolved: orders: backup is suspiciously small",
    ]);
    assert.equal(await value(firing), "0");
    assert.equal(await value('dr_notification_total{channel="chat",result="success"}'), "2");
    assert.equal(await value('dr_notification_pending{channel="chat"}'), "0");
  });

  it("applies the plan's thresholds to measurements", async () => {
    const made = start();
    made.measured([
      { rule: "backupSize", source: "orders", value: 10 },
      { rule: "disk", source: "/data", value: 50 },
    ]);
    await made.settled();
    const { facts } = JSON.parse(hook.heard[0]!.body) as { facts: Record<string, string> };
    assert.equal(facts.Value, "10 B (threshold 1 MB)");
    assert.equal(hook.heard.length, 1);
  });

  it("delivers after a restart what it could not before, and does not tell the same again", async () => {
    chat.answers = [{ status: 503, body: "" }];
    const first = start(never);
    first.look(seen(down));
    await first.settled();
    await first.close();
    assert.equal(await value('dr_channel_up{channel="chat"}'), "0");

    chat.answers = [{}];
    const second = start(never);
    await second.settled();
    second.look(seen(down));
    await second.settled();
    assert.equal(chat.heard.length, 2, "one attempt before, one after");
    assert.deepEqual(titles(hook), ["orders: database does not answer"]);
    second.look(seen());
    await second.settled();
    assert.deepEqual(titles(hook).at(-1), "resolved: orders: database does not answer");
  });

  it("takes nothing for over at a start, before anyone looked", async () => {
    const first = start();
    first.look(seen(down));
    await first.settled();
    await first.close();
    const second = start();
    await second.testChannels();
    assert.deepEqual(
      second.incidents().map(({ key, phase }) => [key, phase]),
      [["databaseDown/orders", "firing"]],
    );
  });

  it("takes nothing for over at a start, even when a channel fails before anyone looked", async () => {
    chat.answers = [{ status: 500, body: "" }];
    const first = start(never);
    first.look(seen(down));
    await first.settled();
    await first.close();
    let attempts = 0;
    start((ms, signal) => (++attempts < 3 ? Promise.resolve() : never(ms, signal)));
    await until(() => titles(hook).includes("chat: alerts do not arrive by this channel"));
    assert.ok(!titles(hook).some((title) => title?.startsWith("resolved")));
  });

  it("tells the others of a channel that keeps failing, and when it is well again", async () => {
    chat.answers = [{ status: 500, body: "" }];
    const made = start();
    made.look(seen(down));
    await until(() => titles(hook).includes("chat: alerts do not arrive by this channel"));
    chat.answers = [{}];
    await until(() => titles(hook).includes("resolved: chat: alerts do not arrive by this channel"));
    await made.settled();
    assert.deepEqual(
      made
        .incidents()
        .filter(({ phase }) => phase === "firing")
        .map(({ key }) => key),
      ["databaseDown/orders"],
    );
  });

  it("still holds a channel to be failing after a restart, until something arrives", async () => {
    chat.answers = [{ status: 500, body: "" }];
    let attempts = 0;
    const first = start((ms, signal) => (++attempts < 3 ? Promise.resolve() : never(ms, signal)));
    first.look(seen(down));
    await until(() => titles(hook).includes("chat: alerts do not arrive by this channel"));
    await first.close();
    const second = start(never);
    second.look(seen(down));
    await second.settled();
    assert.ok(second.incidents().some(({ key, phase }) => key === "channelFailing/chat" && phase === "firing"));
    chat.answers = [{}];
    await second.testChannels();
    await second.settled();
    assert.equal(titles(hook).at(-1), "resolved: chat: alerts do not arrive by this channel");
  });

  it("repeats while it lasts", async () => {
    const made = start();
    made.look(seen(down));
    at += HOUR;
    made.look(seen(down));
    await made.settled();
    assert.deepEqual(titles(hook), ["orders: database does not answer", "still: orders: database does not answer"]);
  });

  it("tries each channel with a test message, and says which did not take it", async () => {
    chat.answers = [{ status: 403, body: `invalid_token ${CANARY}` }];
    assert.deepEqual(await start().testChannels(), [
      { channel: "chat", arrived: false, reason: "answered 403: invalid_token [hidden]" },
      { channel: "hook", arrived: true },
    ]);
    assert.deepEqual(titles(hook), ["test: hook: works"]);
  });

  it("lets no secret out: not into the log, the outbox, a message or an error", async () => {
    chat.answers = [{ status: 500, body: `cannot post to ${CANARY}` }];
    const made = start(never);
    await made.testChannels();
    made.look(seen({ ...down, reason: `refused at ${chat.url}${CANARY}` }));
    await made.settled();
    const said = [
      ...lines,
      readFileSync(folder("state", "alerts.jsonl"), "utf8"),
      ...hook.heard.map(({ body }) => body),
    ];
    assert.ok(lines.length > 0 && hook.heard.length > 0);
    assert.ok(!said.join("").includes("canary"), said.join(""));
  });

  describe("heartbeat", () => {
    const beat = async (isHealthy: () => boolean, secrets: Record<string, string> = {}) => {
      const redactor = createRedactor();
      const log = createLog({ redactor, write: (line) => lines.push(line) });
      const all: Record<string, string> = { DR_HEARTBEAT_URL: hook.url + CANARY, ...secrets };
      const heartbeat = startHeartbeat({ secret: (which) => all[which], redactor, log, everySeconds: 3600, isHealthy });
      await heartbeat?.beat();
      heartbeat?.stop();
      return heartbeat;
    };

    it("tells an outside watcher that all is well", async () => {
      await beat(() => true);
      assert.deepEqual(
        hook.heard.map(({ method, path }) => [method, path]),
        [["GET", CANARY]],
      );
    });

    it("keeps silent while it is not, and says why in the log", async () => {
      await beat(() => false);
      assert.deepEqual(hook.heard, []);
      assert.match(lines.join(""), /no sign of life is sent: the agent is not well/);
    });

    it("goes on when nobody hears it or nobody knows how well it is, and shows no address", async () => {
      hook.answers = [{ status: 500, body: CANARY }];
      await beat(() => true);
      await beat(() => {
        throw new Error("cannot tell");
      });
      assert.match(lines[0]!, /"reason":"answered 500: \[hidden\]"/);
      assert.match(lines[1]!, /cannot tell/);
      assert.ok(!lines.join("").includes("canary"));
    });

    it("is not there unless asked for", async () =>
      assert.equal(await beat(() => true, { DR_HEARTBEAT_URL: " " }), undefined));
  });
});
