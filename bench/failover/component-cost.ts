import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { projectFolder } from "../../engines/bundle";
import { timed } from "../samples";
import type { ProgramTask } from "./component-program";

export type Written = ProgramTask["written"];

/** Buckets of a program: two folders each, so that the engine's work outweighs its start. */
const COUNT = 64;
/** To the engine a component is a resource as well. */
export const RESOURCES = { flat: 2 * COUNT, components: 3 * COUNT };

/** A project whose only resources are folders: what its commands take beyond an empty program is the engine's work for them. */
export function makeComponentCost() {
  const folder = mkdtempSync(path.join(tmpdir(), "dr-components-"));
  for (const name of ["node_modules", "provider", "package.json"])
    symlinkSync(path.join(projectFolder, name), path.join(folder, name));
  mkdirSync(path.join(folder, "state"));
  const launcher = JSON.stringify(path.join(projectFolder, "scripts/launch.cjs"));
  writeFileSync(
    path.join(folder, "program.cjs"),
    `module.exports = require(${launcher}).launch("bench/failover/component-program.ts");\n`,
  );
  writeFileSync(
    path.join(folder, "Pulumi.yaml"),
    "name: components\nruntime: { name: nodejs, options: { typescript: false } }\nmain: program.cjs\nbackend: { url: file://state }\nplugins: { providers: [{ name: dr, path: ./provider }] }\n",
  );
  const pulumi = (written: Written, ...args: string[]) => {
    const task: ProgramTask = { written, count: COUNT, location: path.join(folder, "sites") };
    const done = spawnSync(
      process.execPath,
      [path.join(projectFolder, "bin/pulumi"), ...args, "--stack", "bench", "--non-interactive"],
      { cwd: folder, encoding: "utf8", env: { ...process.env, DR_BENCH: JSON.stringify(task) } },
    );
    if (done.status !== 0) throw new Error(done.stdout + done.stderr);
  };
  const change = (written: Written) => pulumi(written, "up", "--yes", "--skip-preview", "--suppress-progress");
  pulumi("nothing", "stack", "init");
  change("nothing");

  return {
    /** Seconds of a preview and of an `up` that make all of them, from an empty stack; it is empty again after that. */
    async run(written: Written): Promise<{ preview: number; up: number }> {
      const preview = await timed(() => Promise.resolve(pulumi(written, "preview", "--suppress-progress")));
      const up = await timed(() => Promise.resolve(change(written)));
      change("nothing");
      rmSync(path.join(folder, "sites"), { recursive: true, force: true });
      return { preview, up };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
