import * as path from "node:path";

/** Folder of this project's code: told to a bundle when it is made, and one above this file otherwise. */
export const projectFolder = process.env.DR_PROJECT ?? path.join(__dirname, "..");

/** Path of the bundle of one of this project's programs. */
export function bundlePath(entry: string): string {
  const launcher = path.join(projectFolder, "scripts/launch.cjs");
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the launcher is plain JavaScript, outside this bundle
  const { bundle } = require(launcher) as typeof import("../scripts/launch.cjs");
  return bundle(entry);
}
