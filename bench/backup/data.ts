import { randomBytes } from "node:crypto";
import type { Client } from "pg";

/** Two tables of rows of about 1 KiB, in parts as real tables are that grow: text that a compressor likes, and noise. */
export const TABLES = ["notes", "noise"] as const;
const PARTS = 8;
const BATCH = 4_096;

/** Fills an empty database with about `mib` MiB, half of it incompressible. */
export async function fillTables(client: Client, mib: number): Promise<void> {
  const rows = mib * 512;
  const each = Math.ceil(rows / PARTS);
  for (const [table, type] of [
    ["notes", "text"],
    ["noise", "bytea"],
  ]) {
    await client.query(`create table ${table} (id bigint primary key, body ${type}) partition by range (id)`);
    for (let part = 0; part < PARTS; part++)
      await client.query(`
        create table ${table}_${part} partition of ${table} for values from (${part * each}) to (${(part + 1) * each})
        with (autovacuum_enabled = off)`); // it would come in at moments of its own
    // Stored inline and as it is: the size on disk is then the size asked for.
    for (let part = 0; part < PARTS; part++)
      await client.query(`alter table ${table}_${part} alter body set storage plain`);
  }
  const sentences = Array.from({ length: 8192 }, () => words(14));
  for (let from = 0; from < rows; from += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, rows - from) }, (_, index) => from + index);
    const insert = (table: string, type: string, bodies: readonly unknown[]) =>
      client.query(`insert into ${table} select * from unnest($1::bigint[], $2::${type}[])`, [ids, bodies]);
    const some = () => Array.from({ length: 9 }, () => pick(sentences)).join(". ");
    await insert("notes", "text", ids.map(some));
    await insert(
      "noise",
      "bytea",
      ids.map(() => randomBytes(960)),
    );
  }
}

const WORDS = [
  "order",
  "parcel",
  "invoice",
  "shipped",
  "customer",
  "returned",
  "address",
  "paid",
  "item",
  "late",
  "refund",
];
const pick = <T>(of: readonly T[]): T => of[Math.floor(Math.random() * of.length)]!;

/** Random words with numbers in between: a compressor finds the words again, not whole rows. */
const words = (count: number) =>
  Array.from({ length: count }, () => `${pick(WORDS)}${Math.floor(Math.random() * 100)}`).join(" ");

/** Which rows change: any, as a status does, or the newest, as most of an order's life. */
export const PATTERNS = ["scattered", "newest"] as const;
export type Pattern = (typeof PATTERNS)[number];

/** Changes a share of all rows, in both tables; `seed` chooses which, where any may change. Sizes stay as they are. */
export async function changeRows(client: Client, percent: number, pattern: Pattern, seed: number): Promise<void> {
  const where = {
    scattered: `abs(hashint8extended(id, ${seed}) % 100) < ${percent}`,
    newest: `id >= (select max(id) + 1 from notes) * ${1 - percent / 100}`,
  }[pattern];
  for (const table of TABLES)
    await client.query(
      `update ${table} set body = substring(body from 65) || substring(body from 1 for 64) where ${where}`,
    );
}

/** Rows and a checksum over every value of every table: what two copies of the data must agree in. */
export async function fingerprint(client: Client): Promise<string> {
  const parts: string[] = [];
  for (const table of TABLES) {
    const { rows } = await client.query<{ rows: string; sum: string }>(
      `select count(*) as rows, sum(hashtextextended(body::text, id)::numeric) as sum from ${table}`,
    );
    parts.push(`${table}: ${rows[0]!.rows} rows, ${rows[0]!.sum}`);
  }
  return parts.join("; ");
}
