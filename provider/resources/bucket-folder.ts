import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { makeFolder, writeWhole } from "../../engines/files";
import type { Resource } from "../resource";

export interface BucketFolderInputs {
  /** Folder that is the bucket. */
  readonly folder: string;
  /** The site whose backups it holds. */
  readonly site: string;
  /** What the check found: it was there and is gone, as after the loss of its region.  @default - it is there */
  readonly gone?: boolean;
}

const MARK = ".bucket.json";

export const bucketFolder: Resource<BucketFolderInputs> = {
  inputs: ["folder", "site", "gone"],
  replaceOn: ["folder", "site"],

  async check({ folder, site }, old) {
    const owner = ownerOf(folder);
    if (old && !owner) return { inputs: { folder, site, gone: true } };
    if (old || !owner || owner === site) return {};
    return Promise.resolve({
      failures: [
        {
          property: "folder",
          reason: `must be free or hold backups of ${site}; got ${folder}, which holds those of ${owner}`,
        },
      ],
    });
  },

  create: (inputs) => Promise.resolve({ id: inputs.folder, outs: make(inputs) }),

  async update(_old, inputs, tell) {
    if (!ownerOf(inputs.folder)) tell(`${inputs.folder} was gone and is made anew: it holds no backup yet`);
    return Promise.resolve(make(inputs));
  },

  read: (outs) => Promise.resolve(ownerOf(outs.folder) ? { outs, inputs: outs } : undefined),

  // Backups outlive the stack: nothing is deleted here, on purpose.
};

function make({ folder, site }: BucketFolderInputs): BucketFolderInputs {
  makeFolder(folder);
  if (!ownerOf(folder)) writeWhole(path.join(folder, MARK), `${JSON.stringify({ site })}\n`);
  return { folder, site };
}

function ownerOf(folder: string): string | undefined {
  const mark = path.join(folder, MARK);
  return existsSync(mark) ? (JSON.parse(readFileSync(mark, "utf8")) as { site: string }).site : undefined;
}
