import type { Plan } from "./plan";

/** The secret that holds the password of the repositories: the same at all sites, for each opens what another wrote. */
export const REPOSITORY_KEY = "DR_REPOSITORY_KEY";

/** Names of the secrets that the agent reads: where sources answer, how people are told, and what opens its repositories. */
export function agentSecrets(entries: readonly Plan["data"][string][], alerts: Plan["alerts"]): readonly string[] {
  const sources = entries.flatMap((entry) => [
    ...("address" in entry ? [entry.address] : []),
    ...("scratch" in entry.verify && entry.verify.scratch !== undefined ? [entry.verify.scratch] : []),
  ]);
  const channels = Object.values(alerts.channels).map((channel) => {
    switch (channel.type) {
      case "email":
        return channel.server;
      case "pagerduty":
        return channel.key;
      case "sms":
        return channel.gateway;
      default:
        return channel.address;
    }
  });
  return [...new Set([REPOSITORY_KEY, ...sources, ...channels])].sort();
}
