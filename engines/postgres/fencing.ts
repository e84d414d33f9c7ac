import type { Client } from "pg";

const ENDS_WITHIN_MS = 5_000;

/** Makes a writer read-only for everyone whose sessions do not say otherwise, now and after a restart, and ends all sessions but this one. */
export async function endWriting(client: Client): Promise<void> {
  await client.query("alter system set default_transaction_read_only = on");
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
  await client.query("alter system set archive_command = '/bin/false'");
  await client.query("select pg_reload_conf()");
}
