import { existsSync, readdirSync, statSync } from "node:fs";
import * as path from "node:path";
import type { TargetRefusal } from "../../contract";

/** Why a folder cannot take a cluster; undefined if it can. */
export function refusalOfFolder(folder: string, drop: boolean): TargetRefusal | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (!found.isDirectory()) return { rule: "must be a folder; a file is there", way: "Name another path" };
  if (existsSync(path.join(folder, "postmaster.pid")))
    return {
      rule: "must not be in use; a server runs on it (postmaster.pid)",
      way: "Stop it first, or name another folder",
    };
  return !drop && readdirSync(folder).length > 0
    ? { rule: "must be empty", way: "Say that it may be emptied (`drop`), or name another folder" }
    : undefined;
}
