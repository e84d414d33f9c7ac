import type { Client } from "pg";
import type { PromotionInputs } from "../resources/promotion";

export interface Patience {
  /** When to wait no longer, in milliseconds of `performance.now()`. */
  readonly end: number;
  /** Of a lost site: nothing arrives for so long, and the rest is given up.  @default - it is waited for until `end` */
  readonly silenceMs?: number;
}

/**
 * Waits until a standby has replayed up to `lsn` (`all`), until nothing more of it arrives (`silent`; what has arrived only
 * needs to be replayed, and is waited for), or for the whole time (`late`).
 */
export async function catchUp(
  client: Client,
  lsn: string,
  { end, silenceMs }: Patience,
): Promise<{ readonly ending: "all" | "silent" | "late"; readonly replayed: string }> {
  let seen = "";
  let movedAt = performance.now();
  for (; ; await new Promise((r) => setTimeout(r, 20))) {
    const { rows } = await client.query<{ done: boolean; whole: boolean; replayed: string; moved: string }>(
      `select replayed >= $1::pg_lsn as done, received >= $1::pg_lsn as whole, replayed::text, concat(replayed, ' ', received) as moved
         from (select pg_last_wal_replay_lsn() as replayed, greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) as received) reached`,
      [lsn],
    );
    const { done, whole, replayed, moved } = rows[0]!;
    const now = performance.now();
    if (done) return { ending: "all", replayed };
    if (moved !== seen) [seen, movedAt] = [moved, now];
    if (silenceMs !== undefined && !whole && now - movedAt >= silenceMs) return { ending: "silent", replayed };
    if (now > end) return { ending: "late", replayed };
  }
}

/** What a new writer took over: where its recovery ended, and the newest commit in it. */
export interface TakenOver {
  readonly lsn: string;
  /** In ISO 8601; absent if it replayed no commit. */
  readonly lastCommit?: string;
  /** Bytes of WAL up to where the fenced site stopped that never arrived; absent if nobody knows where that was. */
  readonly lostBytes?: number;
}

/** Reads it from a server in recovery, or after it: what was replayed last stays known. */
export async function takenOver(client: Client, fencedAt: string | undefined): Promise<TakenOver> {
  const { rows } = await client.query<{ lsn: string; last: Date | null; lost: string | null }>(
    `select pg_last_wal_replay_lsn()::text as lsn, pg_last_xact_replay_timestamp() as last,
            greatest(0, $1::pg_lsn - pg_last_wal_replay_lsn())::text as lost`,
    [fencedAt ?? null],
  );
  const { lsn, last, lost } = rows[0]!;
  return {
    lsn,
    ...(last ? { lastCommit: last.toISOString() } : {}),
    ...(fencedAt === undefined || lost === null ? {} : { lostBytes: Number(lost) }),
  };
}

/** What the loss of a site took with it, for a person. */
export function sayLoss(
  { site, lostSite, fencedAt }: Pick<PromotionInputs, "site" | "lostSite" | "fencedAt">,
  { lsn, lastCommit, lostBytes }: TakenOver,
): { readonly text: string; readonly isLoss: boolean } {
  if (lostBytes === 0)
    return {
      text: `${site} has all that ${lostSite} had written before it was fenced; nothing is lost`,
      isLoss: false,
    };
  const after = lastCommit ? `the commit of ${lastCommit}` : "what it had replayed";
  if (lostBytes === undefined)
    return {
      text: `${site} goes on from ${after}; what ${lostSite} committed after that is lost with it`,
      isLoss: true,
    };
  const range = `from ${lsn} to ${fencedAt}`;
  return {
    text: `LOST: the last ${lostBytes} bytes of WAL of ${lostSite} (${range}), with all commits after ${after}; they did not arrive`,
    isLoss: true,
  };
}

/**
 * Why what is missing may not be given up: where it is the watch that found the site lost, the plan says how much a person
 * must be asked for. Undefined if it may.
 */
export function whyNotGivenUp(
  { lostSite, foundLostAt, maxLossSeconds }: Pick<PromotionInputs, "lostSite" | "foundLostAt" | "maxLossSeconds">,
  lastCommit: string | undefined,
): string | undefined {
  if (foundLostAt === undefined || maxLossSeconds === undefined) return undefined;
  const seconds = lastCommit && (Date.parse(foundLostAt) - Date.parse(lastCommit)) / 1000;
  if (typeof seconds === "number" && seconds <= maxLossSeconds) return undefined;
  const loss = typeof seconds === "number" ? `up to ${seconds.toFixed(1)} s` : "nobody knows how much";
  return `what ${lostSite} had written does not arrive: ${loss} would be lost, and failover.maxLoss is ${maxLossSeconds} s. Nothing was promoted. If the loss is accepted, say so: npx pulumi-dr failover --lost ${lostSite}`;
}
