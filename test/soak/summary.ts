import type { Violation } from "./journal";

/** What became of all faults of one kind. */
export interface FaultTimes {
  readonly injected: number;
  readonly toldSeconds: readonly number[];
  readonly healedSeconds: readonly number[];
  readonly skipped?: string;
}

export interface SourceSummary {
  readonly acknowledged: number;
  readonly refused: number;
  readonly backups: { readonly verified: number; readonly failed: number };
  readonly proofs: { readonly verified: number; readonly failed: number };
  readonly judged: { readonly restores: number; readonly compared: number };
}

/** All that a run of the soak has to say. */
export interface Summary {
  readonly seed: string;
  readonly minutes: number;
  readonly sources: Readonly<Record<string, SourceSummary>>;
  readonly faults: Readonly<Record<string, FaultTimes>>;
  /** Why things failed, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly agentMaxMiB: number;
  readonly alerts: { readonly received: number; readonly open: number };
  readonly violations: readonly Violation[];
  readonly journal: string;
}

/** The middle one and the largest of some times. */
export function spread(seconds: readonly number[]): { readonly median: number; readonly worst: number } | undefined {
  if (seconds.length === 0) return undefined;
  const sorted = [...seconds].sort((a, b) => a - b);
  return { median: sorted[Math.floor((sorted.length - 1) / 2)]!, worst: sorted.at(-1)! };
}

/** A summary for people. */
export function renderSummary(summary: Summary): string {
  const { seed, minutes, sources, faults, reasons, agentMaxMiB, alerts, violations, journal } = summary;
  const times = (label: string, seconds: readonly number[]) => {
    const found = spread(seconds);
    return found ? `, ${label} ${seconds.length}x after ${found.median} s (worst ${found.worst} s)` : "";
  };
  return [
    `seed ${seed}, ${minutes} minutes`,
    ...Object.entries(sources).map(
      ([name, { acknowledged, refused, backups, proofs, judged }]) =>
        `  ${name}: ${acknowledged} writes acknowledged, ${refused} not; ` +
        `${backups.verified} backups verified, ${backups.failed} failed; ` +
        `${proofs.verified} restores proven, ${proofs.failed} not; ` +
        `${judged.restores} judged, ${judged.compared} things compared`,
    ),
    ...Object.entries(faults).map(([name, { injected, toldSeconds, healedSeconds, skipped }]) =>
      skipped === undefined
        ? `  ${name}: ${injected}x${times("told", toldSeconds)}${times("healed", healedSeconds)}`
        : `  ${name}: SKIPPED, ${skipped}`,
    ),
    ...Object.entries(reasons)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, times]) => `  ${times}x ${reason}`),
    `  the agent: ${agentMaxMiB} MiB at most; ${alerts.received} alerts, ${alerts.open} not resolved`,
    `  everything that happened: ${journal}`,
    violations.length === 0 ? "nothing was lost or wrongly reported" : `${violations.length} VIOLATIONS`,
    ...violations.map(({ at, kind, what }) => `  ${at} ${kind}: ${what}`),
    "",
  ].join("\n");
}
