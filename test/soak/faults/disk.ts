import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import * as path from "node:path";
import { aboutRepository, everythingIn } from "./damage";
import type { Fault } from "./fault";

const PIECE = Buffer.alloc(1 << 20);

/** The far bucket's disk is full to the last byte for a while. */
export const fillDisk: Fault = {
  name: "fill-disk",
  lane: "repository",
  missing: ({ disk }) => ("missing" in disk ? disk.missing : undefined),
  async inject({ system: { disk }, holds }) {
    if ("missing" in disk) return undefined;
    const release = await holds.hold("dr");
    const ballast = path.join(disk.folder, "ballast");
    fill(ballast);
    const { bavail, bsize } = statfsSync(disk.folder);
    return {
      what: `${bavail * bsize} bytes are left`,
      tells: aboutRepository("dr", /space|full|quota|ENOSPC/i),
      mustTell: true,
      lasts: 60,
      heal() {
        rmSync(ballast);
        holds.noteHurt("dr");
        release();
        return Promise.resolve();
      },
      proof: everythingIn("dr"),
    };
  },
};

function fill(file: string): void {
  const to = openSync(file, "w");
  try {
    for (let size = PIECE.length; size >= 1;) {
      try {
        writeSync(to, PIECE, 0, size);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(to);
  }
}
