import type { Ending } from "../../engines/postgres/cluster";
import { comesFrom } from "../../engines/postgres/reign";
import { connected, serverState, type Endpoint } from "../../engines/postgres/sql";

/** A server whose history went another way than the live one's. */
export interface Divergence {
  readonly ending: Ending;
  /** Position at which the live one's history left this server's timeline; undefined if it never was on it. */
  readonly fork: string | undefined;
}

/**
 * How a stopped server went on where the peer's history had left its own: then it cannot follow the peer any more, and may
 * hold writes that no other has. Undefined if it did not, or while the peer does not answer or is no writer: nothing can
 * be said then.
 */
export async function divergenceFrom(
  own: Endpoint,
  peer: { readonly address: string },
  ending: Ending,
): Promise<Divergence | undefined> {
  try {
    return await connected({ ...own, address: peer.address, timeoutMs: 2_000, withinMs: 10_000 }, async (client) => {
      const { role, systemIdentifier, timeline } = await serverState(client);
      if (role !== "primary") return undefined;
      if (ending.systemIdentifier !== systemIdentifier || ending.timeline > timeline)
        return { ending, fork: undefined };
      // The same timeline by number only: both were promoted, and neither knew of the other.
      if (ending.reign !== undefined && !(await comesFrom(client, ending.reign))) return { ending, fork: undefined };
      if (ending.timeline === timeline) return undefined;
      const file = `pg_wal/${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
      const { rows } = await client.query<{ history: string }>("select pg_read_file($1) as history", [file]);
      const fork = forkOf(rows[0]!.history, ending.timeline);
      return isBeyond(ending, fork) ? { ending, fork } : undefined;
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED" || code === "ETIMEDOUT") return undefined;
    throw error;
  }
}

/** Whether a server's own history goes on beyond the fork, or may: what a writer wrote after its last checkpoint is in no control file. */
export function isBeyond({ wasWriter, clean, lsn, holds }: Ending, fork: string | undefined): boolean {
  if (fork === undefined || (wasWriter && !clean)) return true;
  return [lsn, holds].some((position) => lsnToNumber(position) > lsnToNumber(fork));
}

/** Where a timeline was left, by the history file of a later one: lines of `<timeline> <LSN> <reason>`. */
export function forkOf(history: string, timeline: number): string | undefined {
  const lines = history.split("\n").map((line) => line.trim().split(/\s+/));
  return lines.find(([number]) => number === String(timeline))?.[1];
}

/** A position in WAL as a number that compares: `16/B374D848`. */
export function lsnToNumber(lsn: string): bigint {
  const [high, low] = lsn.split("/") as [string, string];
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
