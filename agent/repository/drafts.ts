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
