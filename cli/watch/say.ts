import { commandFor } from "./alarm";
import type { Decision, Look } from "./decide";
import { PROBES } from "./sight";

/** What is seen and decided, in lines for a person. */
export function linesOf({ sight, witnesses }: Look, decision: Decision): readonly string[] {
  const { site, live } = sight;
  const head = `${site}${live ? ` (live, epoch ${live.epoch})` : ""}: ${headOf(decision)}`;
  const doubts = PROBES.filter((name) => sight.probes[name].outcome !== "well").map(
    (name) => `${name} ${sight.probes[name].outcome}: ${sight.probes[name].reason}`,
  );
  const silent = Object.entries(witnesses)
    .filter(([, { vote }]) => vote !== "well")
    .map(
      ([name, { vote, reason }]) => `witness ${name} ${vote === "lost" ? "sees it lost" : "says nothing"}: ${reason}`,
    );
  const held = decision.state === "lost" ? decision.held.map((reason) => `held: ${reason}`) : [];
  if (held.length > 0) held.push(`to fail over: ${commandFor(site)}`);
  return [head, ...[...doubts, ...silent, ...held].map((line) => `  ${line}`)];
}

export function headOf(decision: Decision): string {
  if (decision.state === "well") return "well";
  const time = `for ${Math.round(decision.seconds)} s`;
  if (decision.state === "suspected") return `not well ${time}; not long enough to say`;
  if (decision.state === "isolated") return `cannot be judged: ${decision.why}`;
  if (decision.state === "unsure") return `not well ${time}, and not lost: there is a sign of life`;
  return `LOST, no sign of life ${time}${decision.held.length > 0 ? "; nothing is switched by itself" : "; failing over"}`;
}

/** What must change before something is said again: how long it lasts is no news. */
export const newsOf = (look: Look, decision: Decision): string =>
  linesOf(look, decision).join("\n").replace(/\d+/g, "0");

/** The same for a machine, as one line of JSON. */
export function jsonOf(plan: string, { sight, witnesses }: Look, decision: Decision): string {
  const { site, live, probes } = sight;
  const command = decision.state === "lost" ? { command: commandFor(site) } : {};
  const at = new Date().toISOString();
  return JSON.stringify({ at, plan, site, live: live ?? null, ...decision, ...command, probes, witnesses });
}
