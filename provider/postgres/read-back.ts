import type { Client } from "pg";
import type { Backup } from "../../agent/contract";
import { compareCensus, takeCensus } from "../../agent/sources/postgresql/census";
import { ask, type Query } from "../../agent/sources/postgresql/scratch";
import { readSentinel } from "../../agent/sources/postgresql/sentinel";

/** What a restored copy must hold, read in its own engine. */
export interface ReadBack {
  /** Why it must not be used; nothing if it may. */
  readonly reasons: readonly string[];
  /** Tables that the backup had and the copy, which is younger, has not. */
  readonly dropped: readonly string[];
}

/** Compares a copy with its backup. One that WAL was replayed into since may hold anything but for what the plan's queries ask. */
export async function readBack(
  client: Client,
  backup: Backup,
  { exact, queries }: { readonly exact: boolean; readonly queries: readonly Query[] },
): Promise<ReadBack> {
  const reasons: string[] = [];
  const tables = Object.keys(backup.counts);
  const dropped: string[] = [];
  if (exact) {
    const { rows } = await takeCensus(client, tables);
    reasons.push(...compareCensus(backup.counts, backup.details, rows));
    if (backup.sentinel !== undefined && (await readSentinel(client, backup.source)) !== backup.sentinel)
      reasons.push("the value written just before the backup is not in it");
  } else {
    const { rows } = await client.query<{ name: string }>(
      "select format('%s.%s', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm')",
    );
    const there = new Set(rows.map(({ name }) => name));
    dropped.push(...tables.filter((table) => !there.has(table)));
    // Written before the backup: whatever was replayed since, some value is there.
    if (backup.sentinel !== undefined && (await readSentinel(client, backup.source)) === undefined)
      reasons.push("no value written before a backup is in it");
  }
  for (const query of queries) reasons.push(...(await ask(client, query)));
  return { reasons, dropped };
}
