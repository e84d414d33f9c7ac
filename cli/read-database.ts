import { commonsOf, placeOf } from "../components/local/place";
import { keptPorts } from "../engines/ports";
import { newestEpoch } from "../engines/postgres/epoch";
import { isFenced } from "../engines/postgres/fenced";
import { fencedSince } from "../engines/postgres/fencing";
import { connected, serverState } from "../engines/postgres/sql";
import type { DatabaseStatus } from "../evidence/state";
import type { Project } from "./project";

/** No server is waited for longer: one that hangs is one that does not answer. */
const WITHIN_MS = 5_000;

/** What one database of one site says of itself. It never throws: what fails is what was seen. */
export async function readDatabase(
  { location, plan, sites }: Project,
  site: string,
  { name, database }: { readonly name: string; readonly database: string },
): Promise<DatabaseStatus> {
  const { keysFolder, portRegistry } = commonsOf({ location, plan: plan.name });
  const { address } = placeOf({ location, plan: plan.name, all: sites }, site);
  const port = keptPorts(portRegistry)[name];
  const of = { site, database: name };
  if (port === undefined) return { ...of, role: "unreachable", error: "never brought up" };
  const endpoint = { address, port, keysFolder, timeoutMs: WITHIN_MS, withinMs: WITHIN_MS };
  try {
    return await connected(endpoint, async (client) => {
      const { role, streaming, lastCommit, lsn } = await serverState(client);
      const known = (await newestEpoch(client))?.epoch;
      const epoch = known === undefined ? {} : { epoch: known };
      if (role === "primary") {
        // What cannot be asked may write.
        const fenced = await isFenced(endpoint, database).catch(() => false);
        const fencedAt = fenced ? await fencedSince(client) : undefined;
        return {
          ...{ ...of, role: fenced ? "fenced" : "primary", position: lsn, ...epoch },
          ...(fencedAt ? { fencedAt } : {}),
        };
      }
      // With nothing received that is not replayed it is 0 s behind what it knows of: while it streams, that is all.
      const { rows } = await client.query<{ lag: number | null; received: string | null }>(
        `select case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0 else extract(epoch from now() - pg_last_xact_replay_timestamp()) end::float as lag,
                greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as received`,
      );
      const { lag: seconds, received } = rows[0]!;
      const lag = seconds === null || !streaming ? {} : { lagSeconds: seconds };
      const position = received === null ? {} : { position: received };
      return { ...of, role, streaming, ...lag, ...position, ...(lastCommit ? { lastCommit } : {}), ...epoch };
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ...of, role: "unreachable", error: message, ...(code === "ETIMEDOUT" ? { silent: true } : {}) };
  }
}
