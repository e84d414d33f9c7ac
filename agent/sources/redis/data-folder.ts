import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { identify } from "../../../engines/process";

const DUMP = "dump.rdb";
const AOF_FOLDER = "appendonlydir";
const AOF_NAME = "appendonly.aof";

/** Processes of this machine that work in a folder, as Redis does in its data folder. */
export function processesIn(folder: string): number[] {
  const real = realpathSync(folder);
  return readdirSync("/proc").flatMap((entry) => {
    try {
      return /^\d+$/.test(entry) && readlinkSync(`/proc/${entry}/cwd`) === real ? [Number(entry)] : [];
    } catch {
      return []; // it has ended, or is not ours to look at
    }
  });
}

/** A name for the RDB while it is fetched into the data folder; what killed processes left under such names goes. */
export function draftIn(folder: string): string {
  for (const name of readdirSync(folder)) {
    const pid = /^dump\.rdb\.(\d+)\.draft$/.exec(name)?.[1];
    if (pid !== undefined && !identify(Number(pid))) rmSync(path.join(folder, name), { force: true });
  }
  return path.join(folder, `${DUMP}.${process.pid}.draft`);
}

/** Whether a data folder holds data already. */
export const holdsData = (folder: string) =>
  readdirSync(folder).some((name) => name === DUMP || name === AOF_FOLDER || name === AOF_NAME);

/** How a server that finds this folder keeps its append-only file: not, as one file, or as a folder (from Redis 7 on). */
export type AppendOnly = "none" | "file" | "folder";

export function appendOnlyIn(folder: string): AppendOnly {
  const names = readdirSync(folder);
  return names.includes(AOF_FOLDER) ? "folder" : names.includes(AOF_NAME) ? "file" : "none";
}

/**
 * Puts an RDB that lies beside the data folder's files in their place. A server with the append-only file on does not
 * read `dump.rdb`; so the RDB becomes the base of that file too, and it is read whichever way the server is started.
 * What was there is moved to `before-<id>`. Each step replaces one name by a rename: old or new, never half.
 */
export function takePlace(folder: string, draft: string, appendOnly: AppendOnly, id: string): void {
  const aside = path.join(folder, `before-${id}`);
  const { uid, gid } = statSync(folder);
  const give = (file: string) => {
    if (process.getuid!() === 0) chownSync(file, uid, gid);
  };
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  give(aside);
  chmodSync(draft, 0o640);
  give(draft);
  const keep = (name: string) => {
    const kept = path.join(aside, path.basename(name));
    rmSync(kept, { force: true });
    linkSync(path.join(folder, name), kept);
  };
  if (readdirSync(folder).includes(DUMP)) keep(DUMP);
  if (appendOnly === "file") {
    if (readdirSync(folder).includes(AOF_NAME)) keep(AOF_NAME);
    // A copy: under two names, the server would append its commands to the RDB.
    const copy = path.join(folder, `${AOF_NAME}.draft`);
    copyFileSync(draft, copy);
    give(copy);
    sync(copy);
    renameSync(copy, path.join(folder, AOF_NAME));
  }
  if (appendOnly === "folder") replaceAppendOnlyFolder(folder, draft, aside, give);
  renameSync(draft, path.join(folder, DUMP));
  sync(folder);
}

function replaceAppendOnlyFolder(folder: string, draft: string, aside: string, give: (file: string) => void): void {
  const place = path.join(folder, AOF_FOLDER);
  mkdirSync(place, { recursive: true, mode: 0o750 });
  give(place);
  const old = readdirSync(place);
  const prefix = old.find((name) => name.endsWith(".manifest"))?.slice(0, -".manifest".length) ?? AOF_NAME;
  const newest = Math.max(0, ...old.map((name) => Number(/\.(\d+)\.(?:base|incr)\./.exec(name)?.[1] ?? 0)));
  const base = `${prefix}.${newest + 1}.base.rdb`;
  linkSync(draft, path.join(place, base)); // Redis only reads a base, and appends to another file
  const manifest = path.join(place, `${prefix}.manifest`);
  writeFileSync(`${manifest}.draft`, `file ${base} seq ${newest + 1} type b\n`, { mode: 0o640 });
  give(`${manifest}.draft`);
  sync(`${manifest}.draft`);
  if (old.includes(`${prefix}.manifest`)) {
    rmSync(path.join(aside, `${prefix}.manifest`), { force: true });
    linkSync(manifest, path.join(aside, `${prefix}.manifest`));
  }
  renameSync(`${manifest}.draft`, manifest);
  for (const name of old) if (name !== `${prefix}.manifest`) renameSync(path.join(place, name), path.join(aside, name));
  sync(place);
}

function sync(file: string): void {
  const handle = openSync(file, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
