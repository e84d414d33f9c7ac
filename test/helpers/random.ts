/** Chance that can be had again: the same seed answers the same numbers in the same order. */
export interface Random {
  /** From 0 up to, and not, 1. */
  readonly next: () => number;
  /** A whole number from `least` to `most`, both of them possible. */
  readonly between: (least: number, most: number) => number;
  /** Throws if there is nothing to pick from. */
  readonly pick: <T>(from: readonly T[]) => T;
  readonly shuffled: <T>(of: readonly T[]) => T[];
  /** Chance of its own for a part, so that what one part draws does not change what another gets. */
  readonly fork: (name: string) => Random;
}

/** Mulberry32, started from a hash of the seed. */
export function seeded(seed: string): Random {
  let state = hash(seed);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    pick<T>(from: readonly T[]): T {
      if (from.length === 0) throw new Error("there is nothing to pick from");
      return from[between(0, from.length - 1)]!;
    },
    shuffled<T>(of: readonly T[]): T[] {
      const all = [...of];
      for (let at = all.length - 1; at > 0; at--) {
        const other = between(0, at);
        [all[at], all[other]] = [all[other]!, all[at]!];
      }
      return all;
    },
    fork: (name) => seeded(`${seed}/${name}`),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const letter of Buffer.from(text)) value = Math.imul(value ^ letter, 0x01000193);
  return value;
}
