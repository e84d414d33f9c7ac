import { postJson, type HttpRequest } from "../http";
import { shorten, type Message } from "../message";

/** The three characters that Slack gives a meaning. */
const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Blocks for an incoming webhook; `text` is what a notification shows. */
export function slackRequest(url: URL, { kind, severity, title, facts, statusPage }: Message): HttpRequest {
  const mark = kind === "resolved" ? "✅" : severity === "P0" || severity === "P1" ? "🚨" : "⚠️";
  const fields = facts.map(([label, value]) => ({
    type: "mrkdwn",
    text: shorten(`*${escape(label)}*\n${escape(value)}`, 2000),
  }));
  return postJson(url, {
    text: escape(shorten(`${mark} [${severity}] ${title}`, 1000)),
    blocks: [
      { type: "header", text: { type: "plain_text", text: shorten(`${mark} ${title}`, 150), emoji: true } },
      { type: "section", fields: fields.slice(0, 10) },
      ...(statusPage
        ? [{ type: "context", elements: [{ type: "mrkdwn", text: `<${escape(statusPage)}|Status page>` }] }]
        : []),
    ],
  });
}
