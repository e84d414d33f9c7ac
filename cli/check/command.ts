import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { placeOf } from "../../components/local/place";
import { DNS_STACK, readProject, stackConfig, UsageError, type Project } from "../project";
import { previewJson } from "../pulumi";
import { IS_LOST, SEEMS_LOST } from "../recovery/steps";
import { guardData, lintSurvival, sayWhatItDoes, type Finding, type PreviewStep } from "./judge";

export interface CheckOptions {
  readonly config?: readonly string[];
  readonly json?: boolean;
}

/** `pulumi-dr check <stack>`: what an `up` would do, judged; exits 1 if it must not run. Changes nothing, not even the stack's values. */
export async function check(stack: string, { config = [], json }: CheckOptions): Promise<void> {
  const project = readProject();
  const known = [...project.sites, DNS_STACK];
  if (!known.includes(stack)) throw new UsageError(`<stack> must be ${known.join(" or ")}; got ${stack}`);
  const steps = await preview(project, stack, config);
  const findings = [
    ...guardData(steps),
    ...lintSurvival(steps, lostOf(project, stack, config)),
    ...sayWhatItDoes(steps),
  ];
  const refused = findings.some(({ kind }) => kind === "refused");

  if (json) process.stdout.write(`${JSON.stringify({ stack, ok: !refused, findings })}\n`);
  else process.stdout.write(`${render(stack, steps, findings)}\n`);
  if (refused) process.exitCode = 1;
}

async function preview({ folder }: Project, stack: string, config: readonly string[]): Promise<readonly PreviewStep[]> {
  // `pulumi preview --config` saves what it is given: a copy of the values takes that, the stack's own stay.
  const scratch = mkdtempSync(path.join(tmpdir(), "dr-check-"));
  try {
    const copy = path.join(scratch, `Pulumi.${stack}.yaml`);
    copyFileSync(path.join(folder, `Pulumi.${stack}.yaml`), copy);
    const { steps } = await previewJson(folder, stack, [
      "--config-file",
      copy,
      ...config.flatMap((value) => ["--config", value]),
    ]);
    return steps;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function lostOf(
  { folder, location, plan, sites }: Project,
  stack: string,
  config: readonly string[],
): { site: string; places: string[] } {
  const given = config.map((value) => /^dr:site(?:Is|Seems)Lost=([^@]*)/.exec(value)?.[1]).findLast(Boolean);
  const values = stackConfig(folder, stack);
  const site = given ?? values[IS_LOST] ?? String(values[SEEMS_LOST]).split("@")[0];
  if (typeof site !== "string" || !sites.includes(site)) return { site: "", places: [] };
  const { region, address } = placeOf({ location, plan: plan.name, all: sites }, site);
  return { site, places: [region, address] };
}

function render(stack: string, steps: readonly PreviewStep[], findings: readonly Finding[]): string {
  const changes = steps.filter(({ op }) => op !== "same").length;
  const marks = { refused: "✗", lint: "!", does: "→" };
  const lines = findings.map(({ kind, resource, text }) => `  ${marks[kind]} ${resource}: ${text}`);
  const verdict = findings.some(({ kind }) => kind === "refused")
    ? "REFUSED: do not run this `up`"
    : "nothing that holds data is deleted or replaced";
  return [`${stack}: ${changes} ${changes === 1 ? "resource changes" : "resources change"}`, ...lines, verdict].join(
    "\n",
  );
}
