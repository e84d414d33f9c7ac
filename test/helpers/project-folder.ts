import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

const project = path.join(__dirname, "../..");

export interface Finished {
  readonly code: number | null;
  /** Standard output and error together, as a person sees them. */
  readonly output: string;
  readonly stdout: string;
}

/** A command under way. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Finished>;
}

/** A folder with the project's program, by links, and its Pulumi.yaml: no plan, no stack. */
export function makeProjectFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "dr-live-"));
  chmodSync(folder, 0o755); // the servers' user must reach its folders below
  for (const name of ["program.cjs", "package.json", "node_modules", "scripts", "provider", "bin"]) {
    symlinkSync(path.join(project, name), path.join(folder, name));
  }
  cpSync(path.join(project, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
  mkdirSync(path.join(folder, ".dr/state"), { recursive: true });
  return folder;
}

/** Writes a stack's config, encrypted like the clone's own: `dr:activation: active` is a line of it. */
export function configureStack(folder: string, stack: string, lines: readonly string[]): void {
  const salt = /^encryptionsalt: .*$/m.exec(readFileSync(path.join(project, `Pulumi.${stack}.yaml`), "utf8"))![0];
  writeFileSync(
    path.join(folder, `Pulumi.${stack}.yaml`),
    `${salt}\nconfig:\n${lines.map((line) => `  ${line}\n`).join("")}`,
  );
}

type Command = "pulumi" | "pulumi-dr";

/** The project's commands, in a folder of {@link makeProjectFolder}. */
export interface Commands {
  readonly run: (program: Command, args: readonly string[]) => Finished;
  readonly start: (program: Command, args: readonly string[]) => Running;
}

/** @param more Variables of the environment, beside this process' own. */
export function commandsIn(folder: string, more: NodeJS.ProcessEnv = {}): Commands {
  const { DR_TEST_COUNTS: _counts, PULUMI_BACKEND_URL: _backend, ...rest } = process.env;
  const how = {
    ...{ cwd: folder, env: { ...rest, ...more } },
    stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"],
  };
  const words = (program: string, args: readonly string[]) => [
    ...[path.join(project, "bin", program), ...args],
    ...(program === "pulumi" ? ["--non-interactive"] : []),
  ];
  return {
    run(program, args) {
      const done = spawnSync(process.execPath, words(program, args), { ...how, encoding: "utf8" });
      return { code: done.status, output: done.stdout + done.stderr, stdout: done.stdout };
    },
    start(program, args) {
      const child = spawn(process.execPath, words(program, args), how);
      let [output, stdout] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => ((output += text), (stdout += text)));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
      const ended = new Promise<Finished>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve({ code, output, stdout }));
      });
      return { pid: child.pid!, ended };
    },
  };
}
