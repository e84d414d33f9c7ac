import { randomUUID } from "node:crypto";
import type { Client } from "pg";

/** Writes a value that a restore of the backup that is about to be taken must find. One row a source: it never grows. */
export async function writeSentinel(client: Client, source: string): Promise<string> {
  const value = randomUUID();
  await client.query("begin");
  await client.query("select pg_advisory_xact_lock(hashtext('pulumi-dr sentinel'))"); // two at once would both make the table
  await client.query("create schema if not exists dr");
  await client.query(
    "create table if not exists dr.sentinel (source text primary key, value text not null, written timestamptz not null default now())",
  );
  await client.query(
    "insert into dr.sentinel values ($1, $2) on conflict (source) do update set value = excluded.value, written = now()",
    [source, value],
  );
  await client.query("commit");
  return value;
}

/** Lets one backup of a source run at a time, wherever its agents are: the second waits. It ends with the connection. */
export const lockSource = (client: Client, source: string) =>
  client.query("select pg_advisory_lock(hashtext($1))", [`pulumi-dr backup of ${source}`]);

/** The value that a copy holds; undefined if it holds none. */
export async function readSentinel(client: Client, source: string): Promise<string | undefined> {
  const { rows: made } = await client.query<{ made: boolean }>("select to_regclass('dr.sentinel') is not null as made");
  if (!made[0]!.made) return undefined;
  const { rows } = await client.query<{ value: string }>("select value from dr.sentinel where source = $1", [source]);
  return rows[0]?.value;
}
