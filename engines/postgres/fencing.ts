import type { Client } from "pg";

const ENDS_WITHIN_MS = 5_000;

/** Whether a fence is set on a server, as its settings' files say: what it still does may lag behind them. */
export const hasFence = (client: Client) => isSet(client, "default_transaction_read_only", "on");

/** When a fence was set, in ISO 8601, to the second: nothing was committed there after it. Undefined without one. */
export async function fencedSince(client: Client): Promise<string | undefined> {
  if (!(await hasFence(client))) return undefined;
  const { rows } = await client.query<{ at: Date }>(
    "select modification as at from pg_stat_file('postgresql.auto.conf')",
  );
  return rows[0]!.at.toISOString();
}

/** Takes the fence's settings away. They take effect with the next reload or start. */
export async function resetFence(client: Client): Promise<void> {
  await client.query("alter system reset default_transaction_read_only");
  await client.query("alter system reset archive_command");
}

/**
 * Makes a writer read-only for everyone whose sessions do not say otherwise, now and after a restart, and ends all sessions but
 * this one. A fence that is set already stays as it is, with its time.
 */
export async function endWriting(client: Client): Promise<void> {
  if (!(await hasFence(client))) await client.query("alter system set default_transaction_read_only = on");
  await client.query("select pg_reload_conf()");
  // The server reads its settings before its sessions do: once this one has them, no new session is without.
  await until(client, "select current_setting('default_transaction_read_only') = 'on' as holds");
  const { rows } = await client.query<{ pid: number }>(
    "select pid, pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  // One that is told to end may still acknowledge a commit that it had begun.
  const pids = rows.map(({ pid }) => pid);
  await until(client, "select not exists (select from pg_stat_activity where pid = any($1)) as holds", [pids]);
}

async function until(client: Client, question: string, values: unknown[] = []): Promise<void> {
  for (const end = performance.now() + ENDS_WITHIN_MS; ; await new Promise((r) => setTimeout(r, 10))) {
    const { rows } = await client.query<{ holds: boolean }>(question, values);
    if (rows[0]!.holds) return;
    if (performance.now() > end) throw new Error("sessions that may still write do not end");
  }
}

/** Keeps a fenced writer's WAL from the archive: its history is not the plan's any more. */
export async function endArchiving(client: Client): Promise<void> {
  if (await isSet(client, "archive_command", NOWHERE)) return;
  await client.query(`alter system set archive_command = '${NOWHERE}'`);
  await client.query("select pg_reload_conf()");
}

const NOWHERE = "/bin/false";

async function isSet(client: Client, name: string, value: string): Promise<boolean> {
  const { rowCount } = await client.query("select from pg_file_settings where name = $1 and setting = $2", [
    name,
    value,
  ]);
  return rowCount! > 0;
}
