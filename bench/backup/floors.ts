import { closeSync, fsyncSync, openSync, readdirSync, readSync, rmSync, writeSync } from "node:fs";
import * as path from "node:path";
import { randomBytes } from "node:crypto";

const MiB = 1024 * 1024;

/** Writes so many bytes to a new file and waits for the disk. */
export function writeAndSync(file: string, bytes: number): void {
  const block = randomBytes(MiB);
  const out = openSync(file, "w");
  try {
    for (let left = bytes; left > 0; left -= MiB) writeSync(out, block, 0, Math.min(left, MiB));
    fsyncSync(out);
  } finally {
    closeSync(out);
    rmSync(file, { force: true });
  }
}

const PAGE = 8192;

/** What a tool that knows nothing but pages, or nothing but files, must store of what changed. Bytes. */
export interface Changed {
  readonly pages: number;
  readonly files: number;
}

/** Pages of a cluster that were written since an LSN, and the files that hold them: a page begins with the LSN of its last change. */
export function changedSince(dataFolder: string, lsn: string): Changed {
  const since = lsnOf(lsn);
  let [pages, files] = [0, 0];
  for (const file of relationsOf(path.join(dataFolder, "base"))) {
    const { size, changed } = pagesSince(file, since);
    pages += changed * PAGE;
    if (changed > 0) files += size;
  }
  return { pages, files };
}

function pagesSince(file: string, since: bigint): { size: number; changed: number } {
  const block = Buffer.alloc(128 * PAGE);
  const input = openSync(file, "r");
  let [size, changed] = [0, 0];
  try {
    for (let got; (got = readSync(input, block)) > 0; size += got)
      for (let at = 0; at + PAGE <= got; at += PAGE) if (lsnOfPage(block, at) > since) changed++;
  } finally {
    closeSync(input);
  }
  return { size, changed };
}

/** Files of tables and indexes: a number, and a part of it where it is larger than 1 GiB. */
const relationsOf = (base: string) =>
  readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^\d+(\.\d+)?$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));

/** `A/B0` as a number. */
export function lsnOf(text: string): bigint {
  const [high, low] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** A page keeps both halves of its LSN in the machine's own order; all that this runs on are little-endian. */
export const lsnOfPage = (block: Buffer, at: number): bigint =>
  (BigInt(block.readUInt32LE(at)) << 32n) | BigInt(block.readUInt32LE(at + 4));
