import { statfsSync } from "node:fs";
import { makeFolder } from "../../engines/files";

const MiB = 1024 * 1024;

/** Throws if a folder's disk has no room for so many bytes and a tenth more. */
export function refuseWithoutSpace(folder: string, bytes: number, what: string): void {
  makeFolder(folder);
  const { bavail, bsize } = statfsSync(folder);
  const needed = Math.ceil(bytes * 1.1) + 64 * MiB;
  if (bavail * bsize < needed)
    throw new Error(
      `${what} needs ${Math.ceil(needed / MiB)} MiB in ${folder}; ${Math.floor((bavail * bsize) / MiB)} MiB are free`,
    );
}
