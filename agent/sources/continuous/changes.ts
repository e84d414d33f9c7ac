import { lstat, readdir } from "node:fs/promises";
import * as path from "node:path";

/** A file's time may lag the clock by a tick of the kernel. */
const TICK_MS = 20;

/**
 * When the oldest and the newest change after `since` were made below the paths, by the kernel's clock; undefined: there is
 * none. A file that was made, changed or renamed has a newer change time, and so has the folder out of which one was deleted.
 * A path that is not there counts as changed now: its backup will say so. `onPlace` is called with each folder, before what
 * is in it is looked at, and with each path; links are not followed.
 */
export async function lookAt(
  paths: readonly string[],
  since: Date,
  onPlace: (place: string) => void = () => {},
): Promise<{ readonly oldest: Date; readonly newest: Date } | undefined> {
  const roots = new Set(paths);
  let [oldest, newest] = [Infinity, -Infinity];
  const changed = (at: number) => ([oldest, newest] = [Math.min(oldest, at), Math.max(newest, at)]);
  const waiting = [...roots];
  for (const root of roots) onPlace(root);
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const found = await lstat(one).catch(() => undefined);
    if (!found) {
      if (roots.has(one)) changed(Date.now());
      continue; // it went while we looked: its folder's time says so
    }
    if (found.ctimeMs > since.getTime() - TICK_MS) changed(found.ctimeMs);
    if (!found.isDirectory()) continue;
    // One that went, or is not ours to read, is for the backup to tell of.
    for (const entry of await readdir(one, { withFileTypes: true }).catch(() => [])) {
      const below = path.join(one, entry.name);
      if (entry.isDirectory()) onPlace(below);
      waiting.push(below);
    }
  }
  return Number.isFinite(oldest) ? { oldest: new Date(oldest), newest: new Date(newest) } : undefined;
}
