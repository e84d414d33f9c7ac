import type { Client } from "pg";

const PAUSE_MS = 50;

export interface Archiving {
  /** What is not archived then is not waited for longer. */
  readonly withinMs: number;
  /**
   * `archived`: it lies in every repository. `tried`: or the attempt failed, and it lies in those that could be reached.
   */
  readonly until: "archived" | "tried";
}

/** Has a writer archive the WAL that it has begun, in bounded time. What came of it is seen where the archive is read. */
export async function archiveBegunWal(client: Client, { withinMs, until }: Archiving): Promise<void> {
  const { rows } = await client.query<{ segment: string }>("select pg_walfile_name(pg_switch_wal()) as segment");
  const newest = until === "tried" ? "greatest(last_archived_wal, last_failed_wal)" : "last_archived_wal";
  for (const end = Date.now() + withinMs; Date.now() < end; await new Promise((r) => setTimeout(r, PAUSE_MS))) {
    const { rowCount } = await client.query(`select from pg_stat_archiver where ${newest} >= $1`, [rows[0]!.segment]);
    if (rowCount! > 0) return;
  }
}
