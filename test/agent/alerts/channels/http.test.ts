import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { deliverBy } from "../../../../agent/alerts/channels";
import { sendHttp } from "../../../../agent/alerts/http";
import type { Message } from "../../../../agent/alerts/message";
import type { Channel } from "../../../../plan";
import { closeListeners, listen, message, type Listener } from "../listener";

const AT = Date.parse("2026-11-21T09:00:01.500Z");

/** Delivers a message by a channel to a listener, and answers what was heard. */
async function heardBy(
  listener: Listener,
  channel: Channel,
  secrets: Record<string, string>,
  what: Message = message(),
): Promise<Listener["heard"]> {
  const deliver = deliverBy(channel, {
    secret: (name) => secrets[name],
    send: sendHttp(2_000),
    now: () => AT,
    testing: { pagerdutyUrl: `${listener.url}/v2/enqueue` },
  });
  await deliver(what);
  return listener.heard;
}

const json = (heard: Listener["heard"]) => JSON.parse(heard[0]!.body) as Record<string, unknown>;
const resolved = message({ kind: "resolved", title: "resolved: orders" });
const long = message({ title: "ä".repeat(5000), facts: [["Why", "x".repeat(9000)]] });

describe("agent/alerts/channels over HTTP", () => {
  afterEach(closeListeners);

  describe("webhook", () => {
    const channel: Channel = { type: "webhook", address: "HOOK" };

    it("posts the message as JSON", async () => {
      const listener = await listen();
      const heard = await heardBy(listener, channel, { HOOK: `${listener.url}/hook?x=1` });
      assert.deepEqual([heard[0]?.method, heard[0]?.path], ["POST", "/hook?x=1"]);
      assert.equal(heard[0]?.headers["content-type"], "application/json");
      assert.deepEqual(json(heard), { version: 1, ...message(), facts: Object.fromEntries(message().facts) });
      assert.equal(heard[0]?.headers["webhook-signature"], undefined);
    });

    for (const [key, bytes] of [
      ["plain key", Buffer.from("plain key")],
      ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64")],
    ] as const)
      it(`signs what it posts with ${key.slice(0, 6)}…, as a receiver checks it`, async () => {
        const listener = await listen();
        const [request] = await heardBy(listener, channel, { HOOK: listener.url, HOOK_KEY: key });
        const { headers, body } = request!;
        const content = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
        assert.equal(headers["webhook-timestamp"], String(Math.floor(AT / 1000)));
        assert.equal(
          headers["webhook-signature"],
          `v1,${createHmac("sha256", bytes).update(content).digest("base64")}`,
        );
      });
  });

  describe("slack", () => {
    const channel: Channel = { type: "slack", address: "SLACK" };

    it("posts blocks, and text for the notification", async () => {
      const listener = await listen();
      const what = message({ title: "a <b> & c", statusPage: "https://status.test" });
      const heard = await heardBy(listener, channel, { SLACK: `${listener.url}/services/T/B/X` }, what);
      assert.deepEqual(json(heard), {
        text: "🚨 [P1] a &lt;b&gt; &amp; c",
        blocks: [
          { type: "header", text: { type: "plain_text", text: "🚨 a <b> & c", emoji: true } },
          {
            type: "section",
            fields: message().facts.map(([label, value]) => ({ type: "mrkdwn", text: `*${label}*\n${value}` })),
          },
          { type: "context", elements: [{ type: "mrkdwn", text: "<https://status.test|Status page>" }] },
        ],
      });
    });

    it("keeps within Slack's limits", async () => {
      const listener = await listen();
      const { blocks } = json(await heardBy(listener, channel, { SLACK: listener.url }, long)) as {
        blocks: [{ text: { text: string } }, { fields: { text: string }[] }];
      };
      assert.ok(blocks[0].text.text.length <= 150);
      assert.ok(blocks[1].fields.length <= 10 && blocks[1].fields.every(({ text }) => text.length <= 2000));
    });
  });

  describe("teams", () => {
    const channel: Channel = { type: "teams", address: "TEAMS" };

    it("posts an Adaptive Card, as the Workflows webhook takes it", async () => {
      const listener = await listen({ status: 202, body: "" });
      const heard = await heardBy(
        listener,
        channel,
        { TEAMS: listener.url },
        { ...resolved, statusPage: "https://s.test" },
      );
      const { type, attachments } = json(heard) as { type: string; attachments: Record<string, unknown>[] };
      assert.equal(type, "message");
      assert.equal(attachments.length, 1);
      assert.equal(attachments[0]?.contentType, "application/vnd.microsoft.card.adaptive");
      assert.deepEqual(attachments[0]?.content, {
        $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
        type: "AdaptiveCard",
        version: "1.4",
        body: [
          {
            ...{ type: "TextBlock", text: "resolved: orders", size: "large", weight: "bolder", wrap: true },
            color: "good",
          },
          {
            type: "FactSet",
            facts: message().facts.map(([title, value]) => ({
              title,
              value: value.replaceAll(/[()]/g, String.raw`\$&`),
            })),
          },
        ],
        actions: [{ type: "Action.OpenUrl", title: "Status page", url: "https://s.test" }],
      });
    });

    it("keeps within the 28 KB that Teams takes", async () => {
      const listener = await listen();
      const facts = Array.from({ length: 8 }, (): [string, string] => ["Why", "[".repeat(9000)]);
      const heard = await heardBy(listener, channel, { TEAMS: listener.url }, { ...long, facts });
      assert.ok(Buffer.byteLength(heard[0]!.body) <= 28 * 1024, String(Buffer.byteLength(heard[0]!.body)));
    });
  });

  describe("discord", () => {
    const channel: Channel = { type: "discord", address: "DISCORD" };

    it("posts an embed that rings nobody by a mention", async () => {
      const listener = await listen({ status: 204, body: "" });
      const heard = await heardBy(listener, channel, { DISCORD: listener.url }, message({ title: "@everyone" }));
      assert.deepEqual(json(heard), {
        username: "pulumi-dr",
        allowed_mentions: { parse: [] },
        embeds: [
          {
            title: "@everyone",
            color: 0xd73a49,
            timestamp: "2026-11-21T09:00:00.000Z",
            fields: message().facts.map(([name, value]) => ({ name, value, inline: true })),
          },
        ],
      });
    });

    it("keeps within Discord's limits", async () => {
      const listener = await listen();
      const { embeds } = json(await heardBy(listener, channel, { DISCORD: listener.url }, long)) as {
        embeds: [{ title: string; fields: { value: string }[] }];
      };
      assert.ok(embeds[0].title.length <= 256 && embeds[0].fields.every(({ value }) => value.length <= 1024));
    });
  });

  describe("pagerduty", () => {
    const channel: Channel = { type: "pagerduty", key: "PD" };

    it("triggers an incident by Events API v2", async () => {
      const listener = await listen({ status: 202, body: '{"status":"success"}' });
      const heard = await heardBy(listener, channel, { PD: "R0UT1NG" });
      assert.equal(heard[0]?.path, "/v2/enqueue");
      assert.deepEqual(json(heard), {
        routing_key: "R0UT1NG",
        dedup_key: "shop/prod/backupAge/orders",
        event_action: "trigger",
        payload: {
          ...{
            summary: message().title,
            source: "shop/prod",
            severity: "critical",
            component: "orders",
            group: "shop",
          },
          ...{ class: "backupAge", timestamp: "2026-11-21T09:00:00.000Z" },
          custom_details: Object.fromEntries(message().facts),
        },
        client: "pulumi-dr",
      });
    });

    it("resolves the same incident", async () => {
      const listener = await listen({ status: 202 });
      assert.deepEqual(json(await heardBy(listener, channel, { PD: "R0UT1NG" }, resolved)), {
        routing_key: "R0UT1NG",
        dedup_key: "shop/prod/backupAge/orders",
        event_action: "resolve",
      });
    });

    it("leaves no incident open after a test", async () => {
      const listener = await listen({ status: 202 });
      const heard = await heardBy(listener, channel, { PD: "R0UT1NG" }, message({ kind: "test" }));
      const events = heard.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
      assert.deepEqual(
        events.map(({ event_action, dedup_key }) => [event_action, dedup_key]),
        [
          ["trigger", "shop/prod/backupAge/orders"],
          ["resolve", "shop/prod/backupAge/orders"],
        ],
      );
    });
  });

  describe("sms", () => {
    const channel: Channel = { type: "sms", to: ["+15550101", "+15550102"], gateway: "SMS" };
    const text = "[P1] shop/prod: orders: newest verified backup is too old, 7h (threshold 6h)";

    it("posts a form for each number, as Twilio takes it", async () => {
      const listener = await listen({ status: 201, body: "{}" });
      const gateway = new URL(`${listener.url}/2010-04-01/Accounts/AC1/Messages.json#from=+15550100`);
      Object.assign(gateway, { username: "AC1", password: "t%3Aken" });
      const heard = await heardBy(listener, channel, { SMS: gateway.href });
      assert.deepEqual(
        heard.map(({ body }) => Object.fromEntries(new URLSearchParams(body))),
        channel.to.map((To) => ({ From: "+15550100", To, Body: text })),
      );
      assert.equal(heard[0]?.path, "/2010-04-01/Accounts/AC1/Messages.json");
      assert.equal(heard[0]?.headers["content-type"], "application/x-www-form-urlencoded");
      assert.equal(heard[0]?.headers.authorization, `Basic ${Buffer.from("AC1:t:ken").toString("base64")}`);
    });

    it("speaks to other gateways by the names that the address gives", async () => {
      const listener = await listen();
      const secrets = { SMS: `${listener.url}/send?key=1#to=phone&body=text&format=json` };
      const heard = await heardBy(listener, channel, secrets);
      assert.deepEqual(json(heard), { phone: "+15550101", text });
      assert.equal(heard[0]?.path, "/send?key=1");
    });

    it("reaches the others if one number fails, and tries again only that one", async () => {
      const listener = await listen({ status: 500 }, {});
      const deliver = deliverBy(channel, { secret: () => listener.url, send: sendHttp(), now: () => AT });
      await assert.rejects(deliver(message()), { message: "answered 500: ok" });
      await deliver(message());
      const numbers = listener.heard.map(({ body }) => new URLSearchParams(body).get("To"));
      assert.deepEqual(numbers, ["+15550101", "+15550102", "+15550101"]);
    });

    it("stays short", async () => {
      const listener = await listen();
      const [request] = await heardBy(listener, channel, { SMS: listener.url }, long);
      assert.ok(new URLSearchParams(request!.body).get("Body")!.length <= 320);
    });
  });

  describe("a failure", () => {
    const channel: Channel = { type: "slack", address: "SLACK" };
    const canary = "/services/T000/B000/canary-canary";

    it("says what the other side answered, not where", async () => {
      const listener = await listen({ status: 404, body: "no_service\n" });
      await assert.rejects(heardBy(listener, channel, { SLACK: listener.url + canary }), {
        message: "answered 404: no_service",
      });
    });

    it("follows no redirection", async () => {
      const other = await listen();
      const listener = await listen({ status: 307, headers: { location: other.url }, body: "" });
      await assert.rejects(heardBy(listener, channel, { SLACK: listener.url + canary }), { message: "answered 307" });
      assert.deepEqual(other.heard, []);
    });

    it("hears how long it should wait", async () => {
      const listener = await listen({ status: 429, headers: { "retry-after": "7" }, body: "" });
      await assert.rejects(heardBy(listener, channel, { SLACK: listener.url + canary }), { retryAfter: 7 });
    });

    it("ends a request that gets no answer", async () => {
      const listener = await listen({ hangs: true });
      await assert.rejects(
        sendHttp(50)({ method: "GET", url: new URL(listener.url + canary), headers: {}, body: "" }),
        {
          message: "did not answer within 0.05 s",
        },
      );
    });

    it("says that nobody is there", async () => {
      const listener = await listen();
      await listener.close();
      await assert.rejects(heardBy(listener, channel, { SLACK: listener.url + canary }), {
        message: "cannot be reached: ECONNREFUSED",
      });
    });

    for (const [value, said] of [
      [undefined, "secret SLACK is not set; put it in the environment, or in a file of that name"],
      ["canary", "secret SLACK must be a web address that starts with https:// or http://"],
      ["https://", "secret SLACK must be a web address that starts with https:// or http://"],
    ] as const)
      it(`names the secret that is ${value ?? "missing"}, and does not show it`, async () => {
        const listener = await listen();
        await assert.rejects(heardBy(listener, channel, value === undefined ? {} : { SLACK: value }), {
          message: said,
        });
      });
  });
});
