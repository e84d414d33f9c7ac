import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { writeWhole } from "./files";
import { bareEnvironment, owner } from "./run";
import type { ServerUser } from "./user";

/** A process that can be told from a later one with the same number: its start time is part of its name. */
export interface ProcessId {
  readonly pid: number;
  /** Start, in clock ticks since boot (field 22 of /proc/<pid>/stat). */
  readonly startedTicks: number;
}

/** The identity of a running process; undefined if there is none, or only a zombie is left. */
export function identify(pid: number): ProcessId | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : { pid, startedTicks: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

export const isRunning = (id: ProcessId) => identify(id.pid)?.startedTicks === id.startedTicks;

/** The process that `spawnKept` noted in `pidFile`, if it still runs. */
export function findKept(pidFile: string): ProcessId | undefined {
  try {
    const id = JSON.parse(readFileSync(pidFile, "utf8")) as ProcessId;
    return isRunning(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

export interface SpawnKept {
  readonly command: string;
  readonly args: readonly string[];
  readonly pidFile: string;
  readonly logFile: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: ServerUser;
}

/** Starts a process that outlives this one and its shell, and notes it in a file by which it is found again. */
export function spawnKept({ command, args, pidFile, logFile, cwd, env, user }: SpawnKept): ProcessId {
  const log = openSync(logFile, "a", 0o640);
  try {
    const child = spawn(command, args, {
      cwd,
      env: bareEnvironment(env),
      detached: true,
      stdio: ["ignore", log, log],
      ...owner(user),
    });
    child.on("error", () => {}); // seen below: there is no pid
    if (child.pid === undefined) throw new Error(`${command} could not be started`);
    child.unref();
    const id = identify(child.pid);
    if (!id) throw new Error(`${command} ended at once; see ${logFile}`);
    writeWhole(pidFile, JSON.stringify(id));
    return id;
  } finally {
    closeSync(log);
  }
}

/** Ends the process noted in `pidFile`: asks first, then kills after `graceMs`. Nothing happens if it does not run. */
export async function stopKept(pidFile: string, graceMs = 5_000): Promise<void> {
  const id = findKept(pidFile);
  if (id) {
    process.kill(id.pid, "SIGTERM");
    if (!(await ended(id, graceMs))) {
      process.kill(-id.pid, "SIGKILL"); // its whole group: what it started must not live on and hold the port
      await ended(id, 2_000);
    }
  }
  rmSync(pidFile, { force: true });
}

export async function ended(id: ProcessId, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; isRunning(id); await new Promise((r) => setTimeout(r, 20))) {
    if (Date.now() > end) return false;
  }
  return true;
}

/** Process numbers of all descendants of `pid`, nearest first. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      parents.set(parent, [...(parents.get(parent) ?? []), Number(entry)]);
    } catch {
      // ended between the listing and the look
    }
  }
  const found: number[] = [];
  for (let queue = [pid]; queue.length > 0;)
    queue = queue.flatMap((one) => parents.get(one) ?? []).filter((one) => found.push(one));
  return found;
}
