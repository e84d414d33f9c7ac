import type { RepositoryName } from "./system";

/** What one has for oneself: a repository, to damage it or to judge by it and never both; or the right to run `up`. */
export type Held = RepositoryName | "up";

export interface Holds {
  /** The way to let go; undefined: somebody else has it. */
  readonly tryHold: (what: Held) => (() => void) | undefined;
  /** Waits for it. */
  readonly hold: (what: Held) => Promise<() => void>;
  /** When it was last let go by one who damaged it; milliseconds, 0 for never. */
  readonly hurtAt: (repository: RepositoryName) => number;
  readonly noteHurt: (repository: RepositoryName) => void;
}

export function makeHolds(): Holds {
  const held = new Set<Held>();
  const hurt = new Map<RepositoryName, number>();
  const tryHold = (what: Held) => {
    if (held.has(what)) return undefined;
    held.add(what);
    return () => void held.delete(what);
  };
  return {
    tryHold,
    async hold(what) {
      for (;;) {
        const release = tryHold(what);
        if (release) return release;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    hurtAt: (repository) => hurt.get(repository) ?? 0,
    noteHurt: (repository) => void hurt.set(repository, Date.now()),
  };
}
