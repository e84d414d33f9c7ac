import { postJson, type HttpRequest } from "../http";
import { shorten, type Message } from "../message";

/** Adaptive cards read Markdown: what could be read as such is escaped. */
const escape = (text: string) => text.replaceAll(/[\\`*_[\]()#]/g, String.raw`\$&`);

/** An Adaptive Card, as the Workflows webhook of a Teams channel takes it. */
export function teamsRequest(url: URL, { kind, severity, title, facts, statusPage }: Message): HttpRequest {
  const color = kind === "resolved" ? "good" : severity === "P0" || severity === "P1" ? "attention" : "warning";
  return postJson(url, {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            {
              type: "TextBlock",
              text: escape(shorten(title, 500)),
              size: "large",
              weight: "bolder",
              wrap: true,
              color,
            },
            {
              type: "FactSet",
              facts: facts.map(([name, value]) => ({ title: name, value: shorten(escape(value), 2000) })),
            },
          ],
          ...(statusPage ? { actions: [{ type: "Action.OpenUrl", title: "Status page", url: statusPage }] } : {}),
        },
      },
    ],
  });
}
