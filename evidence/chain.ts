import { FILE, hashOf, open, type Sealed } from "./record";

/** One copy of a plan's evidence, as read. */
export interface Copy {
  /** The site whose bucket holds it, or `here`. */
  readonly name: string;
  /** Whether there is a place for it now: a lost site has none. */
  readonly there: boolean;
  readonly files: ReadonlyMap<string, Buffer>;
  /** An operator's own copy knows only what that machine saw: what it lacks says nothing. */
  readonly partial?: boolean;
  /** Why it could not be read. */
  readonly problem?: string;
}

/** What all copies say together: a chain as a rule; where copies went different ways, a graph like git's. */
export interface Log {
  /** Every record that is whole, each once, in the order of the chain. */
  readonly records: readonly Sealed[];
  /** Records that nothing follows: one, unless copies went different ways and no command has joined them yet. */
  readonly heads: readonly Sealed[];
}

export function readLog(copies: readonly Copy[], plan: string): Log {
  const records = new Map<string, Sealed>();
  for (const { files } of copies)
    for (const [file, bytes] of files) {
      const found = examine(file, bytes, plan);
      if (typeof found !== "string") records.set(found.hash, found);
    }
  const followed = new Set([...records.values()].flatMap(({ record }) => record.previous));
  const sorted = [...records.values()].sort(inOrder);
  return { records: sorted, heads: sorted.filter(({ hash }) => !followed.has(hash)) };
}

/** The record in a file, or what is wrong with it. */
export function examine(file: string, bytes: Buffer, plan: string): Sealed | string {
  const [, sequence, named] = FILE.exec(file)!;
  const hash = hashOf(bytes);
  if (hash !== named) return `is altered: its content has the hash ${short(hash)}`;
  try {
    const sealed = open(bytes);
    if (sealed.record.sequence !== Number(sequence)) return `says that it is record ${sealed.record.sequence}`;
    return sealed.record.plan === plan ? sealed : `belongs to another plan, ${sealed.record.plan}`;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

/** Where the next record goes. It follows every head: that joins copies which went different ways. */
export const nextOf = ({ heads }: Log) => ({
  sequence: 1 + Math.max(0, ...heads.map(({ record }) => record.sequence)),
  previous: heads.map(({ hash }) => hash).sort(),
});

/**
 * What a copy lacks. Records come to a copy in order; so one that is missing below a record which is there was taken away,
 * and is not put back silently. What is missing at the end may merely not have come yet.
 */
export function lackedBy(
  copy: Copy,
  log: Log,
): { readonly notYet: readonly Sealed[]; readonly taken: readonly Sealed[] } {
  const held = new Set([...copy.files.keys()].map((file) => FILE.exec(file)![2]!));
  const missing = log.records.filter(({ hash }) => !held.has(hash));
  const before = ancestorsOf(
    log.records.filter(({ hash }) => held.has(hash)),
    log,
  );
  return {
    notYet: missing.filter(({ hash }) => !before.has(hash)),
    taken: missing.filter(({ hash }) => before.has(hash)),
  };
}

/** Hashes of all that comes before some records, themselves left out unless they come before one another. */
export function ancestorsOf(some: readonly Sealed[], { records }: Log): ReadonlySet<string> {
  const byHash = new Map(records.map((sealed) => [sealed.hash, sealed]));
  const found = new Set<string>();
  const open = some.flatMap(({ record }) => record.previous);
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    if (found.has(hash)) continue;
    found.add(hash);
    open.push(...(byHash.get(hash)?.record.previous ?? []));
  }
  return found;
}

export const short = (hash: string) => hash.slice(0, 12);

const inOrder = (a: Sealed, b: Sealed) =>
  a.record.sequence - b.record.sequence ||
  (a.record.at < b.record.at ? -1 : a.record.at > b.record.at ? 1 : 0) ||
  (a.hash < b.hash ? -1 : 1);
