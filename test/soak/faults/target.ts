import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { claims, restic, type Claim } from "../oracle/tools";
import { SOURCES } from "../plan";
import { dataFilesOf } from "../../helpers/workspace";
import type { Random } from "../../helpers/random";
import type { RepositoryName, System } from "../system";

/** A part of a file that something depends on. */
export interface Target {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly what: string;
  /** The backup that needs it.  @default - all of them */
  readonly backup?: string;
}

interface Tree {
  readonly nodes: readonly { readonly type: string; readonly content?: readonly string[]; readonly subtree?: string }[];
}
interface Index {
  readonly packs: readonly {
    readonly id: string;
    readonly blobs: readonly { readonly id: string; readonly offset: number; readonly length: number }[];
  }[];
}

/** Something in restic's repository that the newest verified backup of some source cannot be restored without. */
export async function resticTarget(
  system: System,
  repository: RepositoryName,
  random: Random,
): Promise<Target | undefined> {
  const all = await claims(system, repository);
  const newest = SOURCES.flatMap(
    (name) => all.findLast(({ source, isVerified }) => source === name && isVerified) ?? [],
  );
  const inRestic = newest.filter(({ source }) => source !== "postgres");
  if (inRestic.length === 0) return undefined;
  const claim = random.pick(inRestic);
  const folder = path.join(system.bucket[repository], "restic");
  const draw = random.next();
  if (draw < 0.25) {
    const part = draw < 0.12 ? "index" : "snapshots";
    const file = path.join(folder, part, random.pick(readdirSync(path.join(folder, part))));
    return { file, offset: 0, length: statSync(file).size, what: `restic's ${part}` };
  }
  return blobTarget(system, repository, claim, random, path.join(folder, "data"));
}

async function blobTarget(
  system: System,
  repository: RepositoryName,
  claim: Claim,
  random: Random,
  data: string,
): Promise<Target | undefined> {
  const read = async <T>(...what: string[]) => JSON.parse(await restic(system, repository, "cat", ...what)) as T;
  const blobs: string[] = [];
  for (let tree: string | undefined = (await read<{ tree: string }>("snapshot", claim.locator)).tree; tree;) {
    blobs.push(tree);
    const { nodes }: Tree = await read<Tree>("blob", tree);
    const files = nodes.flatMap(({ content = [] }) => content);
    if (files.length > 0) blobs.push(random.pick(files));
    const folders = nodes.flatMap(({ subtree }) => subtree ?? []);
    tree = folders.length > 0 ? random.pick(folders) : undefined;
  }
  const blob = random.pick(blobs);
  const ids = (await restic(system, repository, "list", "index", "--quiet")).split("\n").filter(Boolean);
  const places = new Map<string, Target>();
  for (const id of ids)
    for (const pack of (await read<Index>("index", id)).packs)
      for (const { id: found, offset, length } of pack.blobs)
        if (found === blob)
          places.set(pack.id, {
            ...{ file: path.join(data, pack.id.slice(0, 2), pack.id), offset, length },
            ...{ what: `a pack of ${claim.id}`, backup: claim.id },
          });
  // What lies there twice would be read from the other place.
  return places.size === 1 ? [...places.values()][0] : undefined;
}

/** A file of the newest verified physical backup, or of the full that it builds on. */
export async function pgbackrestTarget(
  system: System,
  repository: RepositoryName,
  random: Random,
): Promise<Target | undefined> {
  const claim = (await claims(system, repository)).findLast(
    ({ source, isVerified }) => source === "postgres" && isVerified,
  );
  if (!claim) return undefined;
  const label = random.pick([claim.locator, claim.locator.split("_")[0]!]);
  const folder = path.join(system.bucket[repository], "pgbackrest/backup", system.postgres.stanza, label);
  const files = dataFilesOf(folder).filter((file) => statSync(file).size > 0);
  if (files.length === 0) return undefined;
  const file = random.pick(files);
  return {
    file,
    offset: 0,
    length: statSync(file).size,
    what: `${label} of pgBackRest: ${path.basename(file)}`,
    backup: claim.id,
  };
}

/** Changes a part of a file by `change`; answers the way to put the whole back, as one would who has a copy. */
export function hurt({ file }: Target, change: (bytes: Buffer) => Buffer): () => void {
  const before = readFileSync(file);
  const { mode, uid, gid } = statSync(file);
  const write = (bytes: Buffer) => {
    chmodSync(file, 0o600);
    truncateSync(file, 0);
    writeFileSync(file, bytes);
    chmodSync(file, mode);
    if (process.getuid!() === 0) chownSync(file, uid, gid);
  };
  write(change(Buffer.from(before)));
  // What was removed meanwhile was not needed any more, and is not brought back.
  return () => existsSync(file) && write(before);
}

/** The bytes up to some place in the target. */
export const cut =
  ({ offset, length }: Target, random: Random) =>
  (bytes: Buffer) =>
    bytes.subarray(0, offset + random.between(0, length - 1));

/** The bytes with one bit of the target turned. */
export const flip =
  ({ offset, length }: Target, random: Random) =>
  (bytes: Buffer) => {
    bytes[offset + random.between(0, length - 1)]! ^= 1 << random.between(0, 7);
    return bytes;
  };
