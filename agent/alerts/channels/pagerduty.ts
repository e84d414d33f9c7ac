import { postJson, type HttpRequest } from "../http";
import { shorten, type Message } from "../message";
import type { Severity } from "../rules";

/** Where PagerDuty takes events of version 2. */
export const PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue";

const SEVERITIES: Readonly<Record<Severity, "critical" | "error" | "warning" | "info">> = {
  ...{ P0: "critical", P1: "critical", P2: "error", P3: "warning", P4: "info" },
};

/** One incident there for each here: all of its messages bear the same `dedup_key`. */
export function pagerdutyRequest(url: URL, routingKey: string, message: Message): HttpRequest {
  const { kind, incident, severity, title, facts, plan, site, rule, source, at, statusPage } = message;
  const identity = { routing_key: routingKey, dedup_key: incident };
  if (kind === "resolved") return postJson(url, { ...identity, event_action: "resolve" });
  return postJson(url, {
    ...identity,
    event_action: "trigger",
    payload: {
      summary: shorten(title, 1024),
      source: `${plan}/${site}`,
      severity: SEVERITIES[severity],
      timestamp: at,
      component: source,
      group: plan,
      class: rule,
      custom_details: Object.fromEntries(facts),
    },
    client: "pulumi-dr",
    ...(statusPage ? { links: [{ href: statusPage, text: "Status page" }] } : {}),
  });
}
