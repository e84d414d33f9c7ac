import { readFileSync } from "node:fs";
import { checkPlan, siteNames } from "../plan";
import { UsageError } from "./project";

/** `pulumi-dr plan check`: every refusal with its place in the file; exit code 1 if there is one. */
export function planCheck(file: string, { json }: { json?: boolean }): void {
  const { plan, refusals, warnings } = checkPlan(readText(file), file);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ file, ok: refusals.length === 0, plan: plan?.name, refusals, warnings })}\n`,
    );
  } else {
    const place = (line?: number) => (line === undefined ? file : `${file}:${line}`);
    for (const { line, path, message } of refusals)
      process.stderr.write(`${place(line)}: ${path ? `${path}: ` : ""}${message}\n`);
    for (const { line, path, message } of warnings)
      process.stderr.write(`${place(line)}: warning: ${path ? `${path}: ` : ""}${message}\n`);
    if (plan) process.stdout.write(`${file}: ok, ${siteNames(plan).join(" then ")}\n`);
  }
  if (refusals.length > 0) process.exitCode = 1;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
