import { spawn } from "node:child_process";
import * as path from "node:path";
import { projectFolder } from "../engines/bundle";
import type { PreviewStep } from "./check/judge";

/** One `pulumi` command as a person would type it. */
export interface PulumiCommand {
  readonly verb: "up" | "destroy" | "config" | "stack";
  readonly stack: string;
  readonly args?: readonly string[];
}

/** The command as a line for a shell. */
export const asTyped = ({ verb, stack, args = [] }: PulumiCommand) => {
  const words =
    verb === "config" || verb === "stack" ? [verb, ...args, "--stack", stack] : [verb, "--stack", stack, ...args];
  return ["npx pulumi", ...words].join(" ");
};

/** A `pulumi` command that failed; the message holds what it printed. */
export class PulumiError extends Error {}

/** Runs the command without questions and without a preview; answers what it printed on standard output. */
export function pulumi(folder: string, command: PulumiCommand): Promise<string> {
  const { verb, stack, args = [] } = command;
  const quiet = verb === "up" || verb === "destroy" ? ["--yes", "--skip-preview", "--suppress-progress"] : [];
  return start(folder, [verb, ...args, ...quiet, "--stack", stack], asTyped(command));
}

/** What `pulumi preview --json` says; `--config-file` among the arguments keeps the stack's values as they are. */
export async function previewJson(
  folder: string,
  stack: string,
  args: readonly string[],
): Promise<{ readonly steps: readonly PreviewStep[] }> {
  const words = ["preview", "--stack", stack, ...args, "--json"];
  return JSON.parse(await start(folder, words, `npx pulumi ${words.join(" ")}`)) as { steps: PreviewStep[] };
}

function start(folder: string, words: readonly string[], typed: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(projectFolder, "bin/pulumi"), ...words, "--non-interactive"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) return resolve(stdout);
      reject(new PulumiError(`${typed} failed:\n${whatWentWrong(stdout + stderr)}`));
    });
  });
}

/** The warnings among a command's diagnostics, and what a restore or a replica brought over, without the name of what they are about. */
export function warningsIn(output: string): readonly string[] {
  return output
    .split("\n")
    .flatMap((line) => /^\s+(?:warning: )?((?<=warning: ).+|restored .+|\S+ has all that .+)$/.exec(line)?.[1] ?? []);
}

/** What a person needs of a failed command's output: its diagnostics if it has some, else its last lines. */
export function whatWentWrong(output: string): string {
  const diagnostics = /^Diagnostics:\n([\s\S]*?)(?=^(?:Outputs|Resources|Policies|Duration):|(?![\s\S]))/m.exec(
    output,
  )?.[1];
  const lines = (diagnostics ?? output).trimEnd().split("\n");
  return (diagnostics ? lines.filter((line) => !/^\s*(warning: .*)?$/.test(line)) : lines.slice(-25)).join("\n");
}
