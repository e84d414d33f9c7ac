import type { Channel } from "../../../plan";
import type { Send } from "../http";
import type { Message } from "../message";
import { need, needAddress, type ReadSecret } from "../secrets";
import { discordRequest } from "./discord";
import { sendMail } from "./email";
import { PAGERDUTY_URL, pagerdutyRequest } from "./pagerduty";
import { slackRequest } from "./slack";
import { smsRequest } from "./sms";
import { teamsRequest } from "./teams";
import { webhookRequest } from "./webhook";

/** Delivers one message; rejects, in words for a person, if it did not arrive. */
export type Deliver = (message: Message) => Promise<void>;

export interface ChannelContext {
  readonly secret: ReadSecret;
  readonly send: Send;
  readonly now: () => number;
  readonly timeoutMs?: number | undefined;
  /** For tests only: where PagerDuty is, and whom to trust as a mail server. */
  readonly testing?: { readonly pagerdutyUrl?: string; readonly ca?: string } | undefined;
}

/** Secrets are read anew for each message: one that was replaced is used at once. */
export function deliverBy(channel: Channel, context: ChannelContext): Deliver {
  const { secret, send, now, timeoutMs, testing = {} } = context;
  switch (channel.type) {
    case "webhook": {
      const { address } = channel;
      return async (message) => {
        const key = secret(`${address}_KEY`)?.trim();
        await send(webhookRequest(needAddress(secret, address), message, key, now()));
      };
    }
    case "slack":
      return async (message) => send(slackRequest(needAddress(secret, channel.address), message));
    case "teams":
      return async (message) => send(teamsRequest(needAddress(secret, channel.address), message));
    case "discord":
      return async (message) => send(discordRequest(needAddress(secret, channel.address), message));
    case "pagerduty": {
      const url = new URL(testing.pagerdutyUrl ?? PAGERDUTY_URL);
      return async (message) => {
        const key = need(secret, channel.key);
        await send(pagerdutyRequest(url, key, message));
        // A test leaves nothing open for anybody to close.
        if (message.kind === "test") await send(pagerdutyRequest(url, key, { ...message, kind: "resolved" }));
      };
    }
    case "sms":
      return toEach(channel.to, (message) => {
        const gateway = needAddress(secret, channel.gateway);
        return (number) => send(smsRequest(gateway, number, message));
      });
    case "email":
      return toEach(channel.to, (message) => {
        const server = need(secret, channel.server);
        if (!URL.canParse(server))
          throw new Error(`secret ${channel.server} must be an address such as smtp://host:587`);
        return (address) => sendMail(new URL(server), address, message, { timeoutMs, ca: testing.ca });
      });
  }
}

/** Tries everyone, and at the next attempt only those who were not reached: nobody hears the same thing twice. */
function toEach(to: readonly string[], prepare: (message: Message) => (to: string) => Promise<void>): Deliver {
  const missing = new Map<string, readonly string[]>();
  return async (message) => {
    const sendTo = prepare(message);
    const failures: unknown[] = [];
    const failed: string[] = [];
    for (const one of missing.get(message.id) ?? to) {
      try {
        await sendTo(one);
      } catch (error) {
        failures.push(error);
        failed.push(one);
      }
    }
    missing.delete(message.id);
    if (failed.length === 0) return;
    missing.set(message.id, failed);
    throw failures[0];
  };
}
