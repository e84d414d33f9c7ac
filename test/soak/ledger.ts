import { createHash } from "node:crypto";

// The tester's own books. Times are milliseconds of this machine's clock, which all servers here go by.

/** Something that was written once, under a number. */
export interface Item {
  readonly n: number;
  readonly checksum: string;
  readonly sentMs: number;
  /** When the server said that it has it. Without it nobody may count on the item; it can be there all the same. */
  ackMs?: number;
}

/** What a path became; no checksum: it was removed. */
export interface Change {
  readonly path: string;
  readonly checksum: string | undefined;
  readonly beganMs: number;
  readonly doneMs: number;
}

/** From when to when a backup may have looked. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Judgement {
  /** How many things were compared. */
  readonly compared: number;
  /** In words; none: all is as it must be. */
  readonly wrong: readonly string[];
}

export const checksumOf = (body: string | Buffer) => createHash("sha256").update(body).digest("hex").slice(0, 16);

/** All that was acknowledged before the window is there; nothing is there that was sent after it, or never. */
export function judgeItems(
  items: readonly Item[],
  found: readonly Pick<Item, "n" | "checksum">[],
  { fromMs, toMs }: Window,
): Judgement {
  const sent = new Map(items.map((item) => [item.n, item]));
  const there = new Map(found.map((item) => [item.n, item]));
  const due = items.filter(({ ackMs }) => ackMs !== undefined && ackMs < fromMs);
  const lost = due.filter(({ n }) => !there.has(n));
  const alien = found.filter(({ n }) => !sent.has(n));
  const early = found.filter(({ n }) => (sent.get(n)?.sentMs ?? 0) > toMs);
  const changed = found.filter(({ n, checksum }) => sent.has(n) && sent.get(n)!.checksum !== checksum);
  const twice = found.length - there.size;
  return {
    compared: due.length + found.length,
    wrong: [
      ...some("acknowledged before the backup and not in it", lost),
      ...some("in it and never written", alien),
      ...some("in it and written only after it", early),
      ...some("in it with another content", changed),
      ...(twice > 0 ? [`${twice} in it twice`] : []),
    ],
  };
}

/** Each path holds what it held at some moment of the window. */
export function judgeTree(
  changes: readonly Change[],
  found: ReadonlyMap<string, string>,
  { fromMs, toMs }: Window,
): Judgement {
  const wrong: string[] = [];
  const paths = new Map<string, Change[]>();
  for (const change of changes) paths.set(change.path, [...(paths.get(change.path) ?? []), change]);
  for (const [path, all] of paths) {
    const before = all.findLast(({ doneMs }) => doneMs < fromMs);
    const meanwhile = all.filter(({ beganMs, doneMs }) => doneMs >= fromMs && beganMs <= toMs);
    const possible = [before?.checksum, ...meanwhile.map(({ checksum }) => checksum)];
    const got = found.get(path);
    if (!possible.includes(got))
      wrong.push(
        `${path}: ${got ?? "not there"}; it can only be ${possible.map((one) => one ?? "not there").join(", ")}`,
      );
  }
  const alien = [...found.keys()].filter((path) => !paths.has(path));
  return { compared: paths.size, wrong: [...wrong, ...alien.map((path) => `${path}: in it and never written`)] };
}

const SHOWN = 10;

function some(what: string, items: readonly Pick<Item, "n">[]): string[] {
  if (items.length === 0) return [];
  const numbers = items.slice(0, SHOWN).map(({ n }) => n);
  return [`${items.length} ${what}: ${numbers.join(", ")}${items.length > SHOWN ? ", …" : ""}`];
}
