import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { makeFolder, own } from "./files";
import { identify, isRunning } from "./process";
import { serverUser } from "./user";

/**
 * Works in a folder of its own below `parent` and removes it. The folder's name says whose it is, so that what a killed
 * process left is removed by the next one.
 */
export async function staged<T>(parent: string, name: string, work: (folder: string) => Promise<T>): Promise<T> {
  makeFolder(parent);
  removeLeft(parent, "");
  return inside(parent, name, work);
}

/** The same in the system's folder for temporary things, where others have theirs. The path is short, as a socket's must be. */
export async function stagedForSocket<T>(work: (folder: string) => Promise<T>): Promise<T> {
  removeLeft(tmpdir(), "dr.");
  return inside(tmpdir(), "dr", work);
}

async function inside<T>(parent: string, name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const { pid, startedTicks } = identify(process.pid)!;
  const folder = mkdtempSync(path.join(parent, `${name}.${pid}.${startedTicks}.`));
  try {
    own(folder);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function removeLeft(parent: string, prefix: string): void {
  for (const entry of readdirSync(parent)) {
    const [, pid, startedTicks] = /\.(\d+)\.(\d+)\.[^.]{6}$/.exec(entry) ?? [];
    if (!entry.startsWith(prefix) || !pid || isRunning({ pid: Number(pid), startedTicks: Number(startedTicks) }))
      continue;
    const folder = path.join(parent, entry);
    if (lstatSync(folder, { throwIfNoEntry: false })?.uid === serverUser().uid)
      rmSync(folder, { recursive: true, force: true });
  }
}
