import { existsSync, rmSync } from "node:fs";
import * as path from "node:path";
import { run } from "../run";
import { stagedForSocket } from "../staging";
import { serverUser } from "../user";
import { binaries } from "./binaries";
import { buried } from "./cluster";
import { lastWords } from "./last-words";
import { connected, type Endpoint } from "./sql";

/** A data folder that nobody else starts. */
export interface Apart {
  readonly data: string;
  readonly logFile: string;
  /** How the server that it is of is logged in to. */
  readonly endpoint: Endpoint;
}

const HOURS = 3_600;

/**
 * Starts a server at the end of its own history for `work`: on a socket of its own alone, following and archiving nothing,
 * refusing writes. It is stopped cleanly, and keeps its WAL.
 */
export function withServerApart<T>(apart: Apart, work: (socket: Endpoint) => Promise<T>): Promise<T> {
  return stagedForSocket((folder) => started(apart, folder, work));
}

async function started<T>(
  { data, logFile, endpoint }: Apart,
  folder: string,
  work: (socket: Endpoint) => Promise<T>,
): Promise<T> {
  const settings = {
    ...{ listen_addresses: "", port: endpoint.port, unix_socket_directories: folder },
    ...{ primary_conninfo: "", primary_slot_name: "", archive_mode: "off", synchronous_standby_names: "" },
    ...{ default_transaction_read_only: "on", wal_keep_size: "1TB" },
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
  const control = (...args: string[]) =>
    run(
      path.join(binaries().folder, "pg_ctl"),
      [...args, "--pgdata", data, "--wait", "--timeout", String(HOURS * 12)],
      {
        ...{ user: serverUser(), cwd: "/", timeoutMs: HOURS * 12_000 },
      },
    );
  await buried(data);
  rmSync(path.join(data, "standby.signal"), { force: true });
  await control("start", "--log", logFile, "--options", options.join(" ")).catch((error: Error) => {
    throw new Error(`PostgreSQL did not start on ${data}: ${lastWords(logFile) ?? error.message}`, { cause: error });
  });
  try {
    await untilRecovered({ ...endpoint, address: folder }, logFile);
    return await work({ ...endpoint, address: folder });
  } finally {
    await control("stop", "--mode", "fast").catch((error: Error) => {
      if (existsSync(path.join(data, "postmaster.pid"))) throw error; // else it had ended by itself, and said why
    });
  }
}

/** It answers before it has replayed what there is; until then it is not yet what was asked for. */
async function untilRecovered(endpoint: Endpoint, logFile: string): Promise<void> {
  for (;;) {
    const replaying = await connected(endpoint, async (client) => {
      const { rows } = await client.query<{ replaying: boolean }>("select pg_is_in_recovery() as replaying");
      return rows[0]!.replaying;
    }).catch((error: Error) => {
      throw new Error(`PostgreSQL ended while it recovered: ${lastWords(logFile) ?? error.message}`, { cause: error });
    });
    if (!replaying) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
