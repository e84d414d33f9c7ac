import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { serverUser } from "./user";

/** Makes a folder and its missing parents, each owned by the server's user. */
export function makeFolder(folder: string, mode = 0o750): void {
  const first = mkdirSync(folder, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = folder; made.startsWith(first); made = path.dirname(made)) own(made);
}

/** Writes a file whole or not at all, owned by the server's user and readable by nobody else. */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  const draft = `${file}.${process.pid}.draft`;
  try {
    writeFileSync(draft, text, { mode });
    own(draft);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Hands a path to the server's user, where the caller may. */
export function own(file: string): void {
  const { uid, gid } = serverUser();
  if (process.getuid!() === 0) chownSync(file, uid, gid);
}

/** The folder that is there on the way to a path that may not be: where the path would be made. */
export function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(path.dirname(folder));
}
