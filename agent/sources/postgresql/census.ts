import type { Client } from "pg";
import { identifier } from "../../../engines/postgres/settings";

/**
 * Rows by table, as a backup must bring them back. Tables up to 1 GiB are counted exactly; larger ones are taken from the
 * planner's estimate, and flagged: counting a terabyte before each backup would cost the database more than the backup.
 */
export interface Census {
  readonly rows: Readonly<Record<string, number>>;
  readonly estimated: readonly string[];
  /** Rows that were ever inserted or deleted, by table: the difference of two censuses bounds what went on in between. */
  readonly churn: Readonly<Record<string, number>>;
}

const EXACT_UP_TO = 2 ** 30;

interface Table {
  readonly schema: string;
  readonly name: string;
  readonly estimate: number;
  readonly bytes: string;
  readonly churn: string;
}

/** Counts what is to be compared after a restore: the tables named, or all. Unlogged ones do not survive any restore. */
export async function takeCensus(client: Client, only: readonly string[] = []): Promise<Census> {
  const { rows: tables } = await client.query<Table>(`
    select n.nspname as schema, c.relname as name, c.reltuples as estimate, pg_relation_size(c.oid)::text as bytes,
           (coalesce(s.n_tup_ins, 0) + coalesce(s.n_tup_del, 0))::text as churn
    from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_stat_all_tables s on s.relid = c.oid
    where c.relkind in ('r', 'm') and c.relpersistence = 'p' and n.nspname not in ('pg_catalog', 'information_schema', 'dr')
      and n.nspname not like 'pg\\_%' order by 1, 2`);
  const rows: Record<string, number> = {};
  const churn: Record<string, number> = {};
  const estimated: string[] = [];
  for (const { schema, name, estimate, bytes, churn: moved } of tables) {
    const table = `${schema}.${name}`;
    if (only.length > 0 && !only.includes(table) && !only.includes(name)) continue;
    churn[table] = Number(moved);
    if (Number(bytes) > EXACT_UP_TO) {
      estimated.push(table);
      rows[table] = Math.max(0, estimate);
      continue;
    }
    const counted = await client.query<{ n: string }>(
      `select count(*) as n from ${identifier(schema)}.${identifier(name)}`,
    );
    rows[table] = Number(counted.rows[0]!.n);
  }
  return { rows, estimated, churn };
}

/** What a backup keeps of two censuses, before and after it: counts, and for what moved meanwhile by how much. */
export function keepCensus(before: Census, after: Census) {
  const details: Record<string, number | boolean> = {};
  for (const table of before.estimated) details[`estimated ${table}`] = true;
  for (const [table, rows] of Object.entries(after.rows)) {
    const was = before.rows[table];
    const moved = Math.max(
      Math.abs(rows - (was ?? 0)),
      (after.churn[table] ?? 0) - (was === undefined ? 0 : (before.churn[table] ?? 0)),
    );
    if (moved > 0) details[`moved ${table}`] = moved;
  }
  for (const table of Object.keys(before.rows)) if (!(table in after.rows)) details[`dropped ${table}`] = true;
  return { counts: { ...after.rows, ...before.rows }, details };
}

/** An estimate may be so much beside the truth. */
const ESTIMATE_TOLERANCE = 0.1;

/** Every difference between what a backup says it holds and what a restore of it brought back. */
export function compareCensus(
  counts: Readonly<Record<string, number>>,
  details: Readonly<Record<string, string | number | boolean>>,
  found: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(counts).flatMap(([table, expected]) => {
    const got = found[table];
    if (got === undefined)
      return details[`dropped ${table}`] || details[`moved ${table}`] ? [] : [`${table} is missing`];
    const slack = details[`estimated ${table}`]
      ? expected * ESTIMATE_TOLERANCE
      : Number(details[`moved ${table}`] ?? 0);
    if (Math.abs(got - expected) <= slack) return [];
    return [
      `${table} has ${got} rows; the backup says ${expected}${slack > 0 ? ` give or take ${Math.ceil(slack)}` : ""}`,
    ];
  });
}
