import { readdirSync, rmSync } from "node:fs";
import * as path from "node:path";
import type { AgentConfig } from "../config";
import { KNOWN } from "../sources/postgresql/stanza";
import { noteOf, NOTE } from "../repository/known";

/**
 * Forgets what was known of repositories that the configuration names no longer; answers which. A site that was said to be lost
 * is left out, and its bucket may be new when it returns. While a repository is named, an empty one in its place is refused.
 */
export function forgetLeftOut({ folder, repositories }: Pick<AgentConfig, "folder" | "repositories">): string[] {
  const cacheFolder = path.join(folder, "cache");
  const archives = path.join(folder, "pgbackrest", KNOWN);
  const known = [
    ...namesIn(cacheFolder).flatMap((name) => (name.endsWith(NOTE) ? [name.slice(0, -NOTE.length)] : [])),
    ...namesIn(archives),
  ];
  const leftOut = new Set(known.filter((name) => repositories.every((one) => one.name !== name)));
  for (const name of leftOut) {
    rmSync(noteOf({ cacheFolder, name }), { force: true });
    rmSync(path.join(archives, name), { recursive: true, force: true });
  }
  return [...leftOut];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // an agent's first start
  }
}
