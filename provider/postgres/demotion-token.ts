import type { ServerState } from "../../engines/postgres/sql";

/** An input that must not stand, and why. */
export interface Refusal {
  readonly property: string;
  readonly reason: string;
}

/** Why a text is no demotion token; undefined if it reads like one. */
export const tokenFault = (token: string): string | undefined =>
  /^\d+:\d+:[0-9A-F]+\/[0-9A-F]+$/.test(token)
    ? undefined
    : `must read <system identifier>:<timeline>:<LSN>; got ${token}`;

/** Why this standby must not be promoted; undefined if it may. */
export function refusal(
  { demotionToken, lostSite }: { readonly demotionToken?: string; readonly lostSite?: string },
  state: ServerState,
): Refusal | undefined {
  if (state.role === "primary" || lostSite) return undefined;
  if (!demotionToken) {
    const reason =
      "must be given to promote a standby: set dr:activation standby on the other site's stack first and copy its demotionToken to " +
      "dr:demotionTokens here; if that site is gone, say so with dr:siteIsLost";
    return { property: "demotionToken", reason };
  }
  const [system, timeline, lsn] = demotionToken.split(":");
  const fault = tokenFault(demotionToken);
  if (fault) return { property: "demotionToken", reason: fault };
  if (system !== state.systemIdentifier) {
    return {
      property: "demotionToken",
      reason: `must come from the same cluster ${state.systemIdentifier}; got one of ${system}`,
    };
  }
  if (Number(timeline) < state.timeline) {
    return {
      property: "demotionToken",
      reason: `must be of timeline ${state.timeline} or later; got ${timeline}, which ended at ${lsn}: it is stale`,
    };
  }
  return undefined;
}
