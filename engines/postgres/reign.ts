import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import type { Client } from "pg";

// Two sites that were promoted without knowing of each other may both be on timeline 2, with other things in it. PostgreSQL
// goes by the number; an epoch's number, site and moment tell one from the other.

const FILE = "dr.reign";

/** Leaves word, in the server's own folder, of the epoch in which it writes. */
export async function noteReign(client: Client): Promise<void> {
  const { rows } = await client.query<{ copy: string }>(
    `select format('copy (select epoch, site, extract(epoch from since) from dr.epoch order by epoch desc limit 1) to %L', current_setting('data_directory') || '/${FILE}') as copy`,
  );
  await client.query(rows[0]!.copy);
}

/** The epoch in which a server's folder was last written in, if that was noted: of a copy, that of the server it was copied from. */
export function readReign(data: string): string | undefined {
  const file = path.join(data, FILE);
  return existsSync(file) ? readFileSync(file, "utf8").trim() || undefined : undefined;
}

/** Whether that epoch is one of a server's own past. */
export async function comesFrom(client: Client, reign: string): Promise<boolean> {
  const { rowCount } = await client.query(
    "select from dr.epoch where epoch = $1 and site = $2 and extract(epoch from since) = $3::numeric",
    reign.split("\t"),
  );
  return rowCount! > 0;
}
