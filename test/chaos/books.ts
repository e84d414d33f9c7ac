import { createHash } from "node:crypto";
import type { Acknowledged } from "../../cli/drill/client";

// What the client was told, compared with what is there. Times are milliseconds of this machine's clock.

/** A row as a server holds it. */
export interface Row {
  readonly seq: number;
  readonly sentMs: number;
  /** As PostgreSQL made it when the row was written. */
  readonly checksum: string;
}

/** A loss that was announced: what was acknowledged in this time may be gone, and nothing else. */
export interface Allowance {
  /** The newest commit that the survivor was said to have. */
  readonly fromMs: number;
  /** When the site was lost to the client for good: at the end of the failover. */
  readonly toMs: number;
}

export interface Verdict {
  /** Acknowledged and not there. */
  readonly lost: readonly number[];
  /** Of these: those whose loss nobody had announced. */
  readonly unannounced: readonly number[];
  /** There with another content than was sent, or damaged. */
  readonly damaged: readonly number[];
}

export const checksumOf = (run: string, { seq, sentMs }: Pick<Row, "seq" | "sentMs">) =>
  createHash("md5").update(`${run}/${seq}/${sentMs}`).digest("hex");

/** The drill's table, with a checksum that the server makes as it writes. */
export const TABLE = `create table if not exists dr_heartbeat (
  run text, seq bigint, sent_ms bigint,
  checksum text generated always as (md5(run || '/' || seq::text || '/' || sent_ms::text)) stored,
  primary key (run, seq))`;

export function judge(
  run: string,
  acknowledged: readonly Acknowledged[],
  rows: readonly Row[],
  allowances: readonly Allowance[],
): Verdict {
  const there = new Map(rows.map((row) => [row.seq, row]));
  const sent = new Map(acknowledged.map((write) => [write.seq, write]));
  const lost = acknowledged.filter(({ seq }) => !there.has(seq));
  const mayBe = ({ ackMs, sentMs }: Acknowledged) =>
    allowances.some(({ fromMs, toMs }) => ackMs >= fromMs && sentMs <= toMs);
  const isDamaged = (row: Row) =>
    row.checksum !== checksumOf(run, row) || (sent.get(row.seq)?.sentMs ?? row.sentMs) !== row.sentMs;
  const numbers = (all: readonly { readonly seq: number }[]) => all.map(({ seq }) => seq);
  return {
    lost: numbers(lost),
    unannounced: numbers(lost.filter((write) => !mayBe(write))),
    damaged: numbers(rows.filter(isDamaged)),
  };
}

/** The longest time without an acknowledged write, in milliseconds, between two moments. */
export function longestGap(acknowledged: readonly Acknowledged[], fromMs: number, toMs: number): number {
  const times = acknowledged.map(({ ackMs }) => ackMs).filter((ms) => ms > fromMs && ms < toMs);
  const all = [fromMs, ...times, toMs];
  return Math.max(0, ...all.slice(1).map((ms, at) => ms - all[at]!));
}

/** What a failover of a lost site said before it began: when the newest commit was made that the survivor has. */
export function announcedFrom(said: string): number {
  const at = /newest commit is of (\S+),/.exec(said)?.[1];
  return at === undefined ? -Infinity : Date.parse(at);
}
