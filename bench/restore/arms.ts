import { rmSync } from "node:fs";
import * as path from "node:path";
import type { Backup } from "../../agent/contract";
import { processesOf } from "../../cli/drill/lose-site";
import { makeFolder } from "../../engines/files";
import { isFree } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import { fingerprint } from "../backup/data";
import { withScratchServer } from "../failover/scratch-server";
import type { Cost } from "../measure";
import { client, type Subject } from "../subject";

/** Restores by the agent into an empty folder and starts a server there; `look` is asked before both are gone. */
export async function restoreByAgent(
  at: Subject,
  backup: Backup,
  look: (server: Endpoint) => Promise<void>,
): Promise<Cost> {
  const folder = at.file("restored");
  makeFolder(folder, 0o755);
  let port = 14_500;
  while (!(await isFree(port))) port++;
  const endpoint: Endpoint = { address: "127.0.0.1", port, keysFolder: at.keysFolder };
  const settings = {
    ...{ clusterName: "bench", address: endpoint.address, port, socketFolder: path.join(folder, "run") },
    ...{ archiveTimeoutSeconds: 0, slotCapMiB: 1024 },
  };
  try {
    const { cost } = await at.agent({ do: "restore", backup, folder, settings });
    await look(endpoint);
    return cost;
  } finally {
    await cluster.stop(folder).catch(() => {});
    for (const pid of processesOf(folder)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The documents' way: a dump into an empty database of a server that runs, to the first query. */
export function restoreDump(at: Subject, dump: string, look: (server: Endpoint) => Promise<void>): Promise<Cost> {
  const { database } = at.options;
  return withScratchServer(at.keysFolder, undefined, async (server) => {
    await connected(server, (sql) => sql.query("create role app"));
    await connected(server, (sql) => sql.query(`create database ${database} owner app`));
    const psql = client("psql", server, database);
    const query = `${psql} -q -c 'select max(id) from notes' > /dev/null`;
    const cost = await at.shell(`gunzip -c '${dump}' | ${psql} -q -v ON_ERROR_STOP=1 > /dev/null && ${query}`);
    await look(server);
    return cost;
  });
}

/** The agent's proof: restored into a scratch server, counted, every structure checked, destroyed. */
export async function prove(at: Subject, backup: Backup): Promise<Cost> {
  return (await at.agent({ do: "prove", backup, scratchFolder: at.file("agent/scratch") })).cost;
}

/** Restores and compares every value with what the server holds now. @throws Error if they differ. */
export async function checkRestored(at: Subject, what: { backup: Backup } | { dump: string }): Promise<void> {
  const expected = await at.fingerprint();
  const look = sameAs(at, expected);
  await ("backup" in what ? restoreByAgent(at, what.backup, look) : restoreDump(at, what.dump, look));
}

export const sameAs = (at: Subject, expected: string) => async (server: Endpoint) => {
  const found = await connected({ ...server, database: at.options.database }, fingerprint);
  if (found !== expected) throw new Error(`what was restored differs: it holds ${found}; the server had ${expected}`);
};
