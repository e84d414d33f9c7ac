import { statSync, watch, type FSWatcher } from "node:fs";

interface Watched {
  readonly watcher: FSWatcher;
  /** Which folder it is, whatever its name: its number may be another's once it is gone. */
  readonly identity: string;
}

/**
 * Watches on folders, one each. There is no recursive watch on Linux: Node's makes one for each file there, and misses what
 * is made in a new folder before that is watched. Here the folders are found anew by each look.
 */
export class Watches {
  /** Why not everything is watched; undefined: all is. */
  fault: string | undefined;
  private readonly watched = new Map<string, Watched>();
  private wanted = new Set<string>();

  constructor(private readonly onChange: () => void) {}

  /** Begins to be told anew what is to be watched. */
  begin(): void {
    this.fault = undefined;
    this.wanted = new Set();
  }

  /** Watches a folder or a file. One that was replaced by another of its name is watched anew. */
  add(place: string): void {
    this.wanted.add(place);
    try {
      const { ino, birthtimeMs } = statSync(place);
      const identity = `${ino} ${birthtimeMs}`;
      if (this.watched.get(place)?.identity === identity) return;
      this.drop(place);
      const watcher = watch(place, { persistent: false }, this.onChange);
      watcher.on("error", () => (this.drop(place), this.onChange()));
      this.watched.set(place, { watcher, identity });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return; // it went, and the folder that it was in has said so
      this.fault =
        code === "ENOSPC"
          ? "the kernel watches no more folders for this user: raise fs.inotify.max_user_watches"
          : `${place} cannot be watched: ${code}`;
    }
  }

  /** What was not named since {@link begin} is watched no more. */
  end(): void {
    for (const place of [...this.watched.keys()]) if (!this.wanted.has(place)) this.drop(place);
  }

  close(): void {
    for (const place of [...this.watched.keys()]) this.drop(place);
  }

  private drop(place: string): void {
    this.watched.get(place)?.watcher.close();
    this.watched.delete(place);
  }
}
