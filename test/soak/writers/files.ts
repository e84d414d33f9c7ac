import { mkdir, readdir, readFile, rename, rm, writeFile, chown } from "node:fs/promises";
import * as path from "node:path";
import { serverUser } from "../../../engines/user";
import { checksumOf, type Change } from "../ledger";
import { DRAFT } from "../plan";
import type { Random } from "../../helpers/random";
import { writing, type Writer } from "./writing";

/** A writer of a tree, and what each of its paths was when. */
export interface TreeWriter extends Writer {
  readonly changes: readonly Change[];
  /** Takes what is below a folder now for what it is: somebody else did that, since then. Only while the writer is paused. */
  readonly adopt: (folder: string, sinceMs: number) => Promise<void>;
}

interface TreeOptions {
  readonly source: string;
  /** Paths in the ledger are below it. */
  readonly root: string;
  readonly random: Random;
  readonly everyMs: number;
  /** The file that is to be written now, and what is in it; undefined: one that is there is removed. */
  readonly next: (there: readonly string[]) => { readonly path: string; readonly body: string | Buffer } | undefined;
}

/** Creates, rewrites and removes files; each in one step, as programs do that know what they do. */
export function writeTree({ source, root, random, everyMs, next }: TreeOptions): TreeWriter {
  const changes: Change[] = [];
  const there = new Map<string, string>();
  const note = (one: string, checksum: string | undefined, beganMs: number) => {
    changes.push({ path: one, checksum, beganMs, doneMs: Date.now() });
    if (checksum === undefined) there.delete(one);
    else there.set(one, checksum);
  };
  const write = async (one: string, body: string | Buffer) => {
    const file = path.join(root, one);
    const { uid, gid } = serverUser();
    const beganMs = Date.now();
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}${DRAFT}`, body, { mode: 0o640 });
    if (process.getuid!() === 0) await chown(`${file}${DRAFT}`, uid, gid);
    await rename(`${file}${DRAFT}`, file);
    note(one, checksumOf(Buffer.from(body)), beganMs);
  };
  const loop = writing(everyMs, async () => {
    const change = next([...there.keys()]);
    if (change) return write(change.path, change.body);
    const one = random.pick([...there.keys()].slice(1));
    const beganMs = Date.now();
    await rm(path.join(root, one));
    note(one, undefined, beganMs);
  });
  return {
    ...{ ...loop, source, changes },
    async adopt(folder, sinceMs) {
      const found = await treeOf(root);
      for (const one of new Set([...there.keys(), ...found.keys()]))
        if (one.startsWith(`${folder}/`) && there.get(one) !== found.get(one)) note(one, found.get(one), sinceMs);
    },
  };
}

/** Uploads: most are new, some are written anew, some go. */
export function writeUploads(root: string, folder: string, random: Random, everyMs: number): TreeWriter {
  let made = 0;
  const fresh = () => path.join(folder, String(random.between(0, 4)), `upload-${++made}`);
  const next = (there: readonly string[]) => {
    const draw = random.next();
    if (there.length > 60 && draw < 0.35) return undefined;
    const length = made === 0 ? 500_000 : random.between(50, 3_000); // the first outweighs what comes and goes
    const body = Buffer.from(Array.from({ length }, () => random.between(0, 255)));
    return { path: there.length > 10 && draw > 0.7 ? random.pick(there.slice(1)) : fresh(), body };
  };
  return writeTree({ source: "uploads", root, random, everyMs, next });
}

/** Configuration: few files, each with a secret that nobody may see. */
export function writeSettings(
  root: string,
  [file, folder]: readonly [string, string],
  random: Random,
  everyMs: number,
  canary: () => string,
): TreeWriter {
  const places = [file, ...["tls.conf", "mail.conf", "queue.conf"].map((name) => path.join(folder, name))];
  let made = 0;
  const next = () => ({
    path: places[made++ % places.length]!,
    body: `# ${random.next()}\nPASSWORD=${canary()}\nPADDING=${"x".repeat(300)}\n`,
  });
  return writeTree({ source: "settings", root, random, everyMs, next });
}

/** Checksums of all files below a folder, by their path in it. */
export async function treeOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const found = new Map<string, string>();
  for (const file of files) found.set(path.relative(folder, file), checksumOf(await readFile(file)));
  return found;
}
