import type { Authority } from "../../engines/dns/lookup";

/** Three ways to ask whether a site lives, each of which fails for reasons of its own. */
export const PROBES = ["sql", "http", "replication"] as const;
export type ProbeName = (typeof PROBES)[number];

/** `unknown`: it answered something else, or could not be asked. That is no loss, and no life either. */
export interface Probe {
  readonly outcome: "well" | "down" | "unknown";
  /** What was seen, for a person. */
  readonly reason: string;
}

/** What one place sees of a site in one look. */
export interface Sight {
  readonly site: string;
  /** The authority record; absent where the name server did not answer, or has none. */
  readonly live?: Authority;
  readonly probes: Readonly<Record<ProbeName, Probe>>;
  /** Whether what is not part of the site answers: a place that hears neither is cut off itself. */
  readonly hears: { readonly nameServer: boolean; readonly standby: boolean };
  /** Positions (LSN) by database: what the site has written, and what its standby has of it. Absent where nobody said. */
  readonly written?: Readonly<Record<string, string>>;
  readonly received?: Readonly<Record<string, string>>;
}

/** What a witness's sight is worth to whoever asked. */
export interface Testimony {
  readonly vote: "well" | "lost" | "unknown";
  readonly reason: string;
}

export const isCutOff = ({ hears }: Sight) => !hears.nameServer && !hears.standby;

/** A witness says `lost` only if all three probes failed, and if it hears the rest of the world, which is the same as the asker's. */
export function testify(sight: Sight, asked: { readonly site: string; readonly live?: Authority }): Testimony {
  if (sight.site !== asked.site) return { vote: "unknown", reason: `it speaks of ${sight.site}, not of ${asked.site}` };
  const well = PROBES.find((name) => sight.probes[name].outcome === "well");
  if (well) return { vote: "well", reason: `${well}: ${sight.probes[well].reason}` };
  if (isCutOff(sight))
    return { vote: "unknown", reason: "it hears neither the name server nor the standby: it is cut off" };
  const { live } = sight;
  if (live?.site !== asked.live?.site || live?.epoch !== asked.live?.epoch)
    return {
      vote: "unknown",
      reason: `it reads another authority record (${live ? `${live.site}, epoch ${live.epoch}` : "none"})`,
    };
  const unsure = PROBES.find((name) => sight.probes[name].outcome !== "down");
  if (unsure) return { vote: "unknown", reason: `${unsure}: ${sight.probes[unsure].reason}` };
  return { vote: "lost", reason: sight.probes.sql.reason };
}
