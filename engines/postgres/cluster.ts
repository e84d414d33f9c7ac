import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { makeFolder, own, writeWhole } from "../files";
import { key, keyFile } from "../keys";
import { identify } from "../process";
import { run, RunError } from "../run";
import { serverUser } from "../user";
import { binaries } from "./binaries";
import { readReign } from "./reign";
import { ACCESS, identifier, renderSettings, slotName, type ServerSettings } from "./settings";
import { connected, type Endpoint } from "./sql";

const MINUTES = 60_000;

export const dataFolder = (folder: string) => path.join(folder, "data");
export const hasData = (folder: string) => existsSync(path.join(dataFolder(folder), "PG_VERSION"));

/** A file of a data folder that was restored: it names the restore. */
export const recoveryMark = (data: string) => path.join(data, "dr.recovery");

function notedPid(data: string): number | undefined {
  const file = path.join(data, "postmaster.pid");
  return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) || undefined : undefined;
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("postgres");
  } catch {
    return false;
  }
}

/** The postmaster's process number; undefined if no server runs on this folder. */
export function runningPid(folder: string): number | undefined {
  const pid = notedPid(dataFolder(folder));
  return pid !== undefined && identify(pid) && isPostgres(pid) ? pid : undefined;
}

/** Makes a new, empty cluster. It appears under its name only when it is whole. */
export async function initialise(folder: string, keysFolder: string): Promise<void> {
  await inDraft(folder, async (draft) => {
    key(keysFolder, "postgres");
    await tool("initdb", [
      ...["--pgdata", draft, "--username", "postgres", "--pwfile", keyFile(keysFolder, "postgres")],
      ...["--auth", "scram-sha-256", "--data-checksums", "--encoding", "UTF8", "--locale", "C.UTF-8"],
    ]);
  });
}

/** Copies a running primary, whole, and marks the copy as its standby. */
export async function clone(
  folder: string,
  upstream: NonNullable<ServerSettings["upstream"]>,
  onOutput?: (text: string) => void,
): Promise<void> {
  await inDraft(folder, async (draft) => {
    const { address, port, slot, passFile } = upstream;
    await tool(
      "pg_basebackup",
      [
        ...["--pgdata", draft, "--host", address, "--port", String(port), "--username", "replicator", "--no-password"],
        ...["--wal-method", "stream", "--slot", slot, "--checkpoint", "fast", "--progress"],
      ],
      { env: { PGPASSFILE: passFile }, timeoutMs: 12 * 60 * MINUTES, ...(onOutput ? { onOutput } : {}) },
    );
    startInRecovery(draft);
  });
}

async function inDraft(folder: string, fill: (draft: string) => Promise<void>): Promise<void> {
  makeFolder(folder);
  const draft = `${dataFolder(folder)}.draft`;
  rmSync(draft, { recursive: true, force: true });
  try {
    await fill(draft);
    renameSync(draft, dataFolder(folder));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Makes the server start in recovery, in which nobody can write. It holds for a primary too: one that died and comes back
 * waits until it is known that nobody took over, and only a promotion makes it a writer again.
 */
export function startInRecovery(data: string): void {
  const signal = path.join(data, "standby.signal");
  if (existsSync(signal)) return;
  writeFileSync(signal, "");
  own(signal);
}

/** Writes the settings; a running server takes them at its next reload. */
export function configure(folder: string, settings: ServerSettings): void {
  makeFolder(settings.socketFolder, 0o755);
  const data = dataFolder(folder);
  const main = path.join(data, "postgresql.conf");
  writeWhole(path.join(data, "dr.conf"), renderSettings(settings));
  writeWhole(path.join(data, "pg_hba.conf"), ACCESS);
  if (!/^include 'dr.conf'/m.test(readFileSync(main, "utf8"))) {
    writeWhole(main, `${readFileSync(main, "utf8")}\ninclude 'dr.conf' # last, so that it wins\n`);
  }
}

/** Starts the server and waits until it answers; it outlives this process. Throws with the end of its log if it fails. */
export async function start(folder: string): Promise<void> {
  await buried(dataFolder(folder));
  const log = path.join(folder, "server.log");
  writeFileSync(log, "", { flag: "a", mode: 0o640 });
  own(log);
  try {
    await tool("pg_ctl", ["start", "--pgdata", dataFolder(folder), "--log", log, "--wait", "--timeout", "600"], {
      timeoutMs: 11 * MINUTES,
    });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const end = readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n  ");
    throw new Error(`PostgreSQL did not start in ${folder}:\n  ${end}`, { cause: error });
  }
}

/** Waits until a server that was killed is gone from the process table too: PostgreSQL asks no more than that it is in there. */
export async function buried(data: string): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((r) => setTimeout(r, 20))) {
    const pid = notedPid(data);
    if (pid === undefined || identify(pid) || !isPostgres(pid)) return;
  }
}

/** Stops the server cleanly: a shutdown checkpoint is written and shipped to every connected standby. */
export async function stop(folder: string): Promise<void> {
  if (runningPid(folder) === undefined) return;
  await tool("pg_ctl", ["stop", "--pgdata", dataFolder(folder), "--mode", "fast", "--wait", "--timeout", "120"], {
    timeoutMs: 3 * MINUTES,
  });
}

/** Makes the running server read its settings again. */
export const reload = (folder: string) => tool("pg_ctl", ["reload", "--pgdata", dataFolder(folder)]);

/** Moves a server's data aside, whole, and answers where to. */
export function setAside(folder: string): string {
  const aside = asideOf(folder);
  renameSync(dataFolder(folder), aside);
  return aside;
}

/** Copies a stopped server's data aside, whole, and answers where to. Throws, with nothing left, if there is no room. */
export async function copyAside(folder: string): Promise<string> {
  const aside = asideOf(folder);
  try {
    await run("cp", ["--archive", "--reflink=auto", dataFolder(folder), aside], {
      ...{ user: serverUser(), cwd: "/", timeoutMs: 12 * 60 * MINUTES },
    });
    rmSync(path.join(aside, "postmaster.pid"), { force: true }); // of a server that was killed
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
  return aside;
}

const asideOf = (folder: string) => `${dataFolder(folder)}.kept-${new Date().toISOString().replaceAll(/[-:]/g, "")}`;

/** How a server that does not run ended. */
export interface Ending {
  /** It wrote when it ended, and did not merely follow. */
  readonly wasWriter: boolean;
  /** It stopped of itself: all that it had written was offered to its standbys. */
  readonly clean: boolean;
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** Its last checkpoint: where the history of a writer that stopped cleanly ends. */
  readonly lsn: string;
  /** How far a server in recovery must replay before it can open: it holds WAL up to there. */
  readonly holds: string;
  /** The epoch in which it was last written in, if that was noted. */
  readonly reign?: string;
}

export async function readEnding(folder: string): Promise<Ending> {
  const control = await tool("pg_controldata", ["--pgdata", dataFolder(folder)]);
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S.*)$`, "m").exec(control)?.[1] ?? "unknown";
  const state = field("Database cluster state");
  const reign = readReign(dataFolder(folder));
  return {
    ...(reign === undefined ? {} : { reign }),
    wasWriter: state === "in production" || state === "shut down",
    clean: state.startsWith("shut down"),
    systemIdentifier: field("Database system identifier"),
    // One that was promoted and has written no checkpoint since has only the second.
    timeline: Math.max(
      ...["Latest checkpoint's TimeLineID", "Min recovery ending loc's timeline"].map((name) => Number(field(name))),
    ),
    lsn: field("Latest checkpoint location"),
    holds: field("Minimum recovery ending location"),
  };
}

/** Makes what a new cluster needs: the replication user, the application's user and its database. */
export async function furnish(endpoint: Endpoint, database: string): Promise<void> {
  await connected(endpoint, async (client) => {
    const password = (user: string) => client.escapeLiteral(key(endpoint.keysFolder, user));
    await client.query(`create role replicator login replication password ${password("replicator")}`);
    await client.query(`create role app login password ${password("app")}`);
    await client.query(`create database ${identifier(database)} owner app`);
  });
}

/** Makes sure that the server keeps WAL for a standby, up to its cap. */
export async function ensureSlot(endpoint: Endpoint, site: string): Promise<void> {
  await connected(endpoint, (client) =>
    client.query(
      "select pg_create_physical_replication_slot($1) where not exists (select from pg_replication_slots where slot_name = $1)",
      [slotName(site)],
    ),
  );
}

const LOST = "from pg_replication_slots where slot_name = $1 and wal_status = 'lost'";

/** Whether a standby was away for so long that its slot reached the cap: its WAL is gone, and it can follow no more. */
export async function hasLostSlot(endpoint: Endpoint, site: string): Promise<boolean> {
  return connected(endpoint, async (client) => (await client.query(`select ${LOST}`, [slotName(site)])).rowCount! > 0);
}

/** Takes such a slot away: nothing follows by it any more. */
export async function dropLostSlot(endpoint: Endpoint, site: string): Promise<void> {
  await connected(endpoint, (client) =>
    client.query(`select pg_drop_replication_slot(slot_name) ${LOST}`, [slotName(site)]),
  );
}

/** The password file by which tools log in: mode 0600, made from the keys. */
export function passFile(keysFolder: string): string {
  const file = path.join(keysFolder, "pgpass");
  const text = ["replicator", "postgres"].map((user) => `*:*:*:${user}:${key(keysFolder, user)}\n`).join("");
  if (!readdirSync(keysFolder).includes("pgpass") || readFileSync(file, "utf8") !== text) writeWhole(file, text);
  return file;
}

function tool(name: string, args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> {
  return run(path.join(binaries().folder, name), args, {
    user: serverUser(),
    timeoutMs: 2 * MINUTES,
    cwd: "/",
    ...options,
  });
}
