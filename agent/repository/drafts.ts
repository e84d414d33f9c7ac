import { readdirSync, rmSync, statSync } from "node:fs";
import * as path from "node:path";

const DAY_MS = 86_400_000;

/**
 * Removes what a restic that was killed began to write into a repository's folder: it names a file when it is whole, and
 * nothing of restic's own ever looks at the others again. Younger than a day, one may still be written. Object stores have none.
 */
export function removeDrafts(url: string, now: Date): void {
  if (!url.startsWith("/")) return;
  for (const entry of readdirSync(url, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/^[0-9a-f]{64}-tmp-\d+$/.test(entry.name)) continue;
    const draft = path.join(entry.parentPath, entry.name);
    const age = now.getTime() - (statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? now.getTime());
    if (age > DAY_MS) rmSync(draft, { force: true });
  }
}

const MADE_BY_INIT = /^(data|index|keys|locks|snapshots|config-tmp-\d+)$/;
const INIT_TAKES_MS = 60_000;

/**
 * Removes a repository that a restic which was killed had only begun to make: it makes its folders, then a key, and the config
 * last, without which the key opens nothing. Answers whether the place is free now. Younger than a minute, it may still be made.
 */
export function removeUnfinished(folder: string, now = new Date()): boolean {
  const parts = readdirSync(folder);
  if (parts.length === 0) return true;
  if (parts.some((name) => !MADE_BY_INIT.test(name))) return false;
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  if (all.some((entry) => entry.isFile() && ![folder, path.join(folder, "keys")].includes(entry.parentPath)))
    return false;
  const changed = [folder, ...all.map((entry) => path.join(entry.parentPath, entry.name))].map(
    (one) => statSync(one, { throwIfNoEntry: false })?.mtimeMs ?? Infinity,
  );
  if (now.getTime() - Math.max(...changed) < INIT_TAKES_MS) return false;
  for (const name of parts) rmSync(path.join(folder, name), { recursive: true, force: true });
  return true;
}
