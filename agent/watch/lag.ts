import type { Measurement } from "../alerts/rules";
import type { AgentConfig } from "../config";
import { postgresqlState, type PostgresqlState } from "./databases";

/** What was seen of a primary and its replica. */
export type Replication = Pick<PostgresqlState, "position" | "replica">;

/** Positions that are remembered: an hour at a look a minute. The oldest stays, for as long as it is not replayed. */
const REMEMBERED = 60;

/**
 * Tells how many seconds a replica is behind, look by look. What the primary says of it stands still while the replica
 * does: so the oldest position that it has not replayed tells the time as well, also once the primary has given it up. One
 * that is not connected is behind at least by the time since it was last seen, or since the first look: what it does not get
 * is what would be lost.
 */
export function lagMeter(): (seen: Replication, now: number) => number {
  let unreplayed: { readonly at: number; readonly position: number }[] = [];
  let lastSeen: number | undefined;
  return ({ position, replica }, now) => {
    unreplayed.push({ at: now, position });
    if (replica) unreplayed = unreplayed.filter((one) => one.position > replica.position);
    if (unreplayed.length > REMEMBERED) unreplayed.splice(1, 1);
    const oldest = unreplayed[0]?.at ?? now;
    if (!replica) return (now - Math.min((lastSeen ??= now), oldest)) / 1000;
    lastSeen = now;
    return unreplayed.length === 0 ? 0 : Math.max(replica.lagSeconds ?? 0, (now - oldest) / 1000);
  };
}

/** Measures each replica that the plan wants, at its primary; a standby of a site that is not live has none to tell of. */
export function replicationWatch({ sources }: Pick<AgentConfig, "sources">): () => Promise<Measurement[]> {
  const replicated = sources.flatMap(({ name, entry, postgresql }) =>
    entry.engine === "postgresql" && entry.replica !== "none" && postgresql
      ? [{ name, endpoint: postgresql.endpoint, above: entry.replicaLag, meter: lagMeter() }]
      : [],
  );
  return async () => {
    const asked = replicated.map(async ({ name, endpoint, above, meter }): Promise<Measurement[]> => {
      const state = await postgresqlState(endpoint).catch(() => undefined);
      if (state?.role === "standby") return [];
      const reason = state && !state.replica ? { reason: "no replica is connected" } : {};
      return [{ rule: "replicationLag", source: name, value: state && meter(state, Date.now()), above, ...reason }];
    });
    return (await Promise.all(asked)).flat();
  };
}

/** Measures how far the copies of files that are copied as they change are behind. */
export function copiesWatch(
  { sources }: Pick<AgentConfig, "sources">,
  lags: () => Readonly<Record<string, number>>,
): () => Promise<Measurement[]> {
  const limits = new Map(
    sources.flatMap(({ name, entry }) => (entry.engine === "files" ? [[name, entry.replicateLag] as const] : [])),
  );
  return () =>
    Promise.resolve(
      Object.entries(lags()).map(([source, value]) => ({
        ...{ rule: "replicationLag", source, value, above: limits.get(source)! },
      })),
    );
}
