import { postJson, type HttpRequest } from "../http";
import { shorten, type Message } from "../message";

const GREEN = 0x2e_a0_43;
const RED = 0xd7_3a_49;
const ORANGE = 0xe3_6f_09;

/** An embed. No mention in it rings anybody: names come from the plan. */
export function discordRequest(url: URL, { kind, severity, title, facts, at, statusPage }: Message): HttpRequest {
  const color = kind === "resolved" ? GREEN : severity === "P0" || severity === "P1" ? RED : ORANGE;
  return postJson(url, {
    username: "pulumi-dr",
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: shorten(title, 256),
        ...(statusPage ? { url: statusPage } : {}),
        color,
        timestamp: at,
        fields: facts
          .slice(0, 25)
          .map(([name, value]) => ({ name, value: shorten(value, 1024), inline: value.length < 40 })),
      },
    ],
  });
}
