import type { Authority } from "../../engines/dns/lookup";
import { formatDuration, type Plan } from "../../plan";
import { isCutOff, PROBES, type Sight, type Testimony } from "./sight";

/** One look of the watch: what it sees, and what its witnesses say that they see. */
export interface Look {
  /** Seconds of a clock that only goes forward, and that nobody sets. */
  readonly at: number;
  readonly sight: Sight;
  /** By the witness's address. */
  readonly witnesses: Readonly<Record<string, Testimony>>;
}

/** What the plan allows. Times are seconds. */
export interface Rules {
  readonly mode: "manual" | "automatic";
  readonly detectAfter: number;
  /** @default - any loss is accepted */
  readonly maxLoss?: number;
  readonly witnesses: readonly string[];
  /** At most one automatic failover in this time. */
  readonly limit: number;
  /** Looks that are further apart than this say nothing of the time between them. */
  readonly longestGap: number;
}

/** What is known beside the looks; seconds. */
export interface Known {
  /** The most that would be lost.  @default - nobody can say */
  readonly loss?: number;
  /** Since the newest automatic failover began, whatever came of it; negative if a clock was set back.  @default - there was none */
  readonly sinceAutomatic?: number;
  /** A command that was begun and has not ended, or another reason why only a person may go on. */
  readonly underWay?: string;
}

export type Decision =
  | { readonly state: "well" }
  /** Not well, and not for long enough. */
  | { readonly state: "suspected"; readonly seconds: number; readonly why: string }
  /** Nothing can be said of the site: it is the watch that hears nobody. */
  | { readonly state: "isolated"; readonly seconds: number; readonly why: string }
  /** Not well for long enough, and there is a sign of life. */
  | { readonly state: "unsure"; readonly seconds: number; readonly why: string }
  /** No sign of life for long enough. `held`: why only a person may fail over; if it is empty, the watch does. */
  | { readonly state: "lost"; readonly seconds: number; readonly why: string; readonly held: readonly string[] };

/** One look, or two in a row, may meet a hiccup. */
export const FEWEST_LOOKS = 3;

export const rulesOf = ({ failover }: Pick<Plan, "failover">, longestGap: number): Rules => ({
  ...{ mode: failover.mode, detectAfter: failover.detectAfter, limit: failover.limit, longestGap },
  ...(failover.maxLoss === undefined ? {} : { maxLoss: failover.maxLoss }),
  witnesses: [...new Set(failover.witnesses)],
});

/**
 * What a series of looks means, the newest last. Only what lasted without a break until now counts, and a loss is believed
 * only when every sign of life is gone.
 */
export function decide(looks: readonly Look[], rules: Rules, known: Known = {}): Decision {
  const trail = unbroken(looks, rules.longestGap);
  const now = trail.at(-1);
  if (!now || now.sight.probes.sql.outcome === "well") return { state: "well" };
  const { detectAfter } = rules;
  const seconds = spanOf(trail);
  const why = PROBES.map((name) => `${name}: ${now.sight.probes[name].reason}`).join("; ");
  if (isCutOff(now.sight))
    return {
      state: "isolated",
      seconds,
      why: "neither the name server nor the standby answers here: the watch itself is cut off",
    };
  const lifeless = lasting(trail, (look) => signOfLife(look) === undefined);
  if (lifeless !== undefined && lifeless >= detectAfter)
    return { state: "lost", seconds: lifeless, why, held: reasonsToHold(trail, rules, known) };
  if (seconds < detectAfter || trail.length < FEWEST_LOOKS) return { state: "suspected", seconds, why };
  return { state: "unsure", seconds, why: `${why}; ${signOfLife(now) ?? "there was a sign of life a moment ago"}` };
}

/**
 * The newest looks that follow each other closely at one site under one authority, since it was last well.
 * A clock that jumps, a machine that slept or a promotion by anybody else begins it anew.
 */
export function unbroken(looks: readonly Look[], longestGap: number): readonly Look[] {
  let first = looks.length - 1;
  const live = looks.findLast(({ sight }) => sight.live)?.sight.live;
  for (; first > 0; first--) {
    const [before, after] = [looks[first - 1]!, looks[first]!];
    const gap = after.at - before.at;
    const follows = gap >= 0 && gap <= longestGap && before.sight.site === after.sight.site;
    if (!follows || before.sight.probes.sql.outcome === "well" || !agrees(before, live)) break;
  }
  return looks.slice(Math.max(0, first));
}

/** What of a series still counts, so that a watch that runs for months remembers minutes. */
export function kept(looks: readonly Look[], { detectAfter, longestGap }: Rules): readonly Look[] {
  const trail = unbroken(looks, longestGap);
  const oldest = (trail.at(-1)?.at ?? 0) - 2 * detectAfter - (FEWEST_LOOKS + 1) * longestGap;
  return trail.filter(({ at }) => at >= oldest);
}

/** A record that could not be read contradicts none. */
const agrees = ({ sight: { live: one } }: Look, other: Authority | undefined) =>
  !one || !other || (one.site === other.site && one.epoch === other.epoch);

const spanOf = (looks: readonly Look[]) => (looks.at(-1)?.at ?? 0) - (looks[0]?.at ?? 0);

/** For how many seconds something has held in every look until now; undefined if it is seen too few times to say. */
function lasting(trail: readonly Look[], holds: (look: Look) => boolean): number | undefined {
  const holding = trail.slice(trail.findLastIndex((look) => !holds(look)) + 1);
  return holding.length < FEWEST_LOOKS ? undefined : spanOf(holding);
}

function signOfLife({ sight, witnesses }: Look): string | undefined {
  const probe = PROBES.find((name) => sight.probes[name].outcome === "well");
  if (probe) return `${probe} is well: ${sight.probes[probe].reason}`;
  const [name, said] = Object.entries(witnesses).find(([, { vote }]) => vote === "well") ?? [];
  return name && `${name} sees it live (${said!.reason})`;
}

function reasonsToHold(trail: readonly Look[], rules: Rules, known: Known): string[] {
  const { mode, detectAfter, maxLoss, witnesses, limit } = rules;
  const { sight, witnesses: said } = trail.at(-1)!;
  const longEnough = (holds: (look: Look) => boolean) => (lasting(trail, holds) ?? -1) >= detectAfter;
  const held: string[] = [];

  if (mode === "manual") held.push("the plan says failover.mode manual");
  if (!sight.live) held.push("the authority record cannot be read, so nobody can say who is live");
  else if (sight.live.site !== sight.site)
    held.push(`the authority record names ${sight.live.site}, not ${sight.site}`);
  const unsure = PROBES.find((name) => !longEnough((look) => look.sight.probes[name].outcome === "down"));
  if (unsure) {
    const { outcome, reason } = sight.probes[unsure];
    held.push(
      outcome === "down"
        ? `${unsure} has not been down for ${formatDuration(detectAfter)} yet`
        : `${unsure} says nothing: ${reason}`,
    );
  }

  if (mode === "automatic") {
    const agree = witnesses.filter((name) => longEnough((look) => look.witnesses[name]?.vote === "lost"));
    if (agree.length < 2 || agree.length * 2 <= witnesses.length) {
      const others = witnesses.filter((name) => !agree.includes(name));
      const words = others.map((name) => `${name}: ${said[name]?.reason ?? "was not asked"}`);
      held.push(
        `${agree.length} of ${witnesses.length} witnesses agree, and most of them and at least two must (${words.join("; ")})`,
      );
    }
  }
  if (maxLoss !== undefined && !(known.loss !== undefined && known.loss <= maxLoss)) {
    const loss =
      known.loss === undefined ? "what would be lost is not known" : `up to ${known.loss.toFixed(1)} s would be lost`;
    held.push(`${loss}, and failover.maxLoss is ${formatDuration(maxLoss)}`);
  }
  if (known.sinceAutomatic !== undefined && known.sinceAutomatic < limit) {
    const ago =
      known.sinceAutomatic < 0
        ? "in the future, by this clock"
        : `${formatDuration(Math.round(known.sinceAutomatic))} ago`;
    held.push(`the last automatic failover was ${ago}, and the plan allows one in ${formatDuration(limit)}`);
  }
  if (known.underWay !== undefined) held.push(known.underWay);
  return held;
}
