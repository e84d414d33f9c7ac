import { stateOf, type State } from "../contract";
import type { Held } from "./ports";

export interface HistoryQuery {
  readonly source?: string;
  readonly type?: string;
  readonly state?: State;
  /** ISO 8601, both inclusive. */
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  /** Where the page before ended. */
  readonly cursor?: string;
}

/** A backup as the API shows it: without where it lies and how, which is the agent's own business. */
export function entryOf(held: Held) {
  const { id, site, source, engine, kind, type, trigger, description, startedAt, endedAt, bytes, reference } =
    held.backup;
  const verdict = held.verdicts.at(-1);
  return {
    ...{ id, site, source, engine, kind, type, trigger, startedAt, endedAt, bytes, state: stateOf(held) },
    ...(description === undefined ? {} : { description }),
    ...(reference === undefined ? {} : { reference }),
    ...(verdict ? { verdict: { at: verdict.at, level: verdict.level, reasons: verdict.reasons } } : {}),
    repositories: held.repositories,
    ...(held.inherited ? { inherited: true } : {}),
  };
}

/** Newest first; the id decides between those of one moment, so that no page skips or repeats any. */
const orderOf = ({ backup: { startedAt, id } }: Held) => `${new Date(startedAt).toISOString()} ${id}`;

/** One page of the backups that a query is about. New backups that come in meanwhile move no page. */
export function pageOf(all: readonly Held[], query: HistoryQuery) {
  const { source, type, state, from, to, limit, cursor } = query;
  const time = ({ backup }: Held) => Date.parse(backup.startedAt);
  const matching = all
    .filter(({ backup }) => source === undefined || backup.source === source)
    .filter(({ backup }) => type === undefined || backup.type === type)
    .filter((held) => state === undefined || stateOf(held) === state)
    .filter((held) => from === undefined || time(held) >= Date.parse(from))
    .filter((held) => to === undefined || time(held) <= Date.parse(to))
    .sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1));
  const after = cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString();
  const rest = after === undefined ? matching : matching.filter((held) => orderOf(held) < after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next = last && rest.length > page.length ? { next: Buffer.from(orderOf(last)).toString("base64url") } : {};
  return { backups: page.map(entryOf), total: matching.length, ...next };
}

/** The newest backup of a source that was proven. */
export const newestVerified = (all: readonly Held[], source: string): Held | undefined =>
  all
    .filter((held) => held.backup.source === source && stateOf(held) === "verified")
    .sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1))[0];
