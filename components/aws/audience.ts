import type { Plan } from "../../plan";
import type { RuleName } from "./alarm-rules";

type Alerts = Plan["alerts"];

/** Names of the channels that a rule tells: its own; else all, and those for the two worst severities only if it is one. */
export function channelsOf({ rules, channels, severe }: Alerts, rule: RuleName): readonly string[] {
  const { severity, channels: own } = rules[rule];
  if (own.length > 0) return own.toSorted();
  const isSevere = severity === "P0" || severity === "P1";
  return Object.keys(channels)
    .filter((name) => isSevere || !severe.includes(name))
    .sort();
}

/** An address that SNS can tell by itself. */
export interface Address {
  readonly channel: string;
  readonly protocol: "email" | "sms";
  readonly endpoint: string;
}

/** The addresses of a channel: those of mail and SMS stand in the plan. All others are behind a secret, which SNS cannot read. */
export function addressesOf(channels: Alerts["channels"], name: string): readonly Address[] {
  const channel = channels[name];
  if (channel?.type !== "email" && channel?.type !== "sms") return [];
  const protocol = channel.type;
  return channel.to
    .filter((to) => to !== "TODO")
    .map((to) => ({ channel: name, protocol, endpoint: endpointOf(protocol, to) }));
}

/** SNS takes a telephone number without the spaces that people write. */
const endpointOf = (protocol: "email" | "sms", to: string) => (protocol === "sms" ? to.replaceAll(/[^+\d]/g, "") : to);
