import { hostname } from "node:os";
import type { Breach, Seen } from "../../agent/alerts/rules";
import type { Decision, Look } from "./decide";

/** What came of an automatic failover, told until it is made good. */
export interface Acted {
  readonly lost: string;
  readonly to: string;
  /** Why it failed.  @default - it did not */
  readonly error?: string;
}

/** Since when each witness has said nothing, by the watch's clock. One that is missed only on the day is missed too late. */
export type Silence = Readonly<Record<string, number>>;

export const silenceAfter = (before: Silence, { at, witnesses }: Look): Silence =>
  Object.fromEntries(
    Object.entries(witnesses).flatMap(([name, { vote }]) => (vote === "unknown" ? [[name, before[name] ?? at]] : [])),
  );

/** Witnesses are restarted, and networks have hiccups. */
const SILENT_SECONDS = 300;

/** The command by which a person fails over. */
export const commandFor = (site: string) => `npx pulumi-dr failover --lost ${site}`;

/** What people are told. Of a site that nobody can see from here nothing is said: neither that it is lost, nor that it is back. */
export function seen(site: string, decision: Decision, acted?: Acted, silence: Silence = {}, now = 0): Seen {
  const breaches: Breach[] = [];
  const tell = (rule: string, source: string, severity: Breach["severity"], reason: string) =>
    void breaches.push({ rule, source, severity, reason });
  const { state } = decision;
  if (state === "lost") {
    const { held, why, seconds } = decision;
    const said = `No sign of life for ${Math.round(seconds)} s (${why}).`;
    const next =
      held.length > 0
        ? `Nothing is switched by itself: ${held.join("; ")}. If it is lost: ${commandFor(site)}`
        : "Failing over by itself now, as the plan says.";
    tell("siteLost", site, "P0", `${said} ${next}`);
  }
  if (state === "unsure")
    tell("siteUnsure", site, "P1", `${decision.why}. Nothing is switched; see: npx pulumi-dr status`);
  if (state === "isolated") tell("watchIsolated", hostname(), "P1", decision.why);
  if (acted) {
    const { lost, to, error } = acted;
    if (error === undefined)
      tell("failedOver", lost, "P0", `${to} took over by itself. Once ${lost} is there again: npx pulumi-dr failback`);
    else tell("failoverFailed", lost, "P0", `${error}\nBy hand: ${commandFor(lost)}`);
  }
  for (const [name, since] of Object.entries(silence))
    if (state === "well" && now - since >= SILENT_SECONDS)
      tell("witnessSilent", name, "P2", "without it nothing may be failed over by itself on the day");
  const blind = state === "isolated" || state === "suspected";
  return { breaches, unknown: blind ? ["siteLost", "siteUnsure"].map((rule) => ({ rule, source: site })) : [] };
}
