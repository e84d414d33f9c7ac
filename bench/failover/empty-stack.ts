import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { projectFolder } from "../../engines/bundle";

export interface EmptyStack {
  /** One `pulumi up` that has nothing to do. */
  readonly up: () => void;
  readonly remove: () => void;
}

/** A TypeScript stack with no resource: what any `pulumi up` costs. Types are not checked at run time, as ours are not. */
export function makeEmptyStack(): EmptyStack {
  const folder = mkdtempSync(path.join(tmpdir(), "dr-empty-"));
  symlinkSync(path.join(projectFolder, "node_modules"), path.join(folder, "node_modules"));
  mkdirSync(path.join(folder, "state"));
  const compilerOptions = {
    target: "ES2022",
    module: "commonjs",
    moduleResolution: "node10",
    strict: true,
    skipLibCheck: true,
    noCheck: true,
  };
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
  writeFileSync(
    path.join(folder, "index.ts"),
    'import * as pulumi from "@pulumi/pulumi";\nexport const stack = pulumi.getStack();\n',
  );
  writeFileSync(
    path.join(folder, "Pulumi.yaml"),
    "name: empty\nruntime: nodejs\nmain: index.ts\nbackend:\n  url: file://state\n",
  );
  const pulumi = (...args: string[]) => {
    const done = spawnSync(
      process.execPath,
      [path.join(projectFolder, "bin/pulumi"), ...args, "--stack", "empty", "--non-interactive"],
      { cwd: folder, encoding: "utf8" },
    );
    if (done.status !== 0) throw new Error(done.stdout + done.stderr);
  };
  pulumi("stack", "init");
  const up = () => pulumi("up", "--yes", "--skip-preview", "--suppress-progress");
  up();
  return { up, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
