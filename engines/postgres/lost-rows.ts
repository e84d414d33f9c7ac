import { appendFileSync, renameSync, rmSync } from "node:fs";
import type { Client } from "pg";
import { writeWhole } from "../files";
import { withServerApart, type Apart } from "./apart";
import { connected, type Endpoint } from "./sql";
import { changesSince, type Changes } from "./wal-changes";

/** What a server's own history holds beyond the point where the live one left it. */
export interface LostRows {
  /** Rows that were inserted or updated there, as they were at the end, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Rows that were deleted there, and are still at the live site unless that deleted them too, by table. */
  readonly deleted: Readonly<Record<string, number>>;
}

/**
 * Saves what committed transactions wrote after `fork`, a position on `timeline`, to `file`: JSON lines of
 * `{database, table, row}`. The server recovers from its crash for it, and is stopped cleanly.
 */
export async function saveLostRows(
  server: Apart,
  since: { readonly timeline: number; readonly fork: string },
  file: string,
): Promise<LostRows> {
  const changes = await changesSince(server.data, since.timeline, since.fork);
  const draft = `${file}.draft`;
  writeWhole(draft, "");
  try {
    const lost = await withServerApart(server, async (socket) => {
      const found: LostRows[] = [];
      for (const { oid, name } of await databasesOf(socket, changes)) {
        const write = (table: string, row: string) =>
          appendFileSync(draft, `{"database":${JSON.stringify(name)},"table":${JSON.stringify(table)},"row":${row}}\n`);
        found.push(await connected({ ...socket, database: name }, (client) => saveFrom(client, oid, changes, write)));
      }
      return found;
    });
    renameSync(draft, file);
    return {
      rows: Object.assign({}, ...lost.map(({ rows }) => rows)) as LostRows["rows"],
      deleted: Object.assign({}, ...lost.map(({ deleted }) => deleted)) as LostRows["deleted"],
    };
  } finally {
    rmSync(draft, { force: true });
  }
}

async function databasesOf(socket: Endpoint, changes: Changes) {
  return connected(socket, async (client) => {
    const sql = "select oid::int as oid, datname as name from pg_database where datallowconn order by datname";
    const { rows } = await client.query<{ oid: number; name: string }>(sql);
    return rows.filter(({ oid }) => changes.files.has(oid));
  });
}

async function saveFrom(
  client: Client,
  database: number,
  { files, transactions, deletions }: Changes,
  write: (table: string, row: string) => void,
): Promise<LostRows> {
  const { rows: tables } = await client.query<{ file: number; label: string; sql: string }>(
    `select pg_relation_filenode(c.oid)::int as file, format('%s.%s', n.nspname, c.relname) as label, format('%I.%I', n.nspname, c.relname) as sql
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'dr') and pg_relation_filenode(c.oid) = any($1)
     order by 2`,
    [[...(files.get(database) ?? [])]],
  );
  const rows: Record<string, number> = {};
  const deleted: Record<string, number> = {};
  for (const { file, label, sql } of tables) {
    const gone = deletions.get(`${database}/${file}`);
    if (gone) deleted[label] = gone;
    await client.query("begin");
    await client.query(
      `declare lost no scroll cursor for select to_json(t)::text as row from only ${sql} t where t.xmin::text::bigint = any('{${[...transactions].join(",")}}')`,
    );
    for (let some = await fetch(client); some.length > 0; some = await fetch(client)) {
      for (const { row } of some) write(label, row);
      rows[label] = (rows[label] ?? 0) + some.length;
    }
    await client.query("commit");
  }
  return { rows, deleted };
}

const fetch = async (client: Client) => (await client.query<{ row: string }>("fetch 500 from lost")).rows;
