import { readProject, UsageError } from "../project";
import { placesOf, readCopy } from "../../evidence/copies";
import { judge } from "./judge";
import { runsOf } from "../../evidence/runs";
import { renderJudgement, renderRuns } from "./table";

/** `pulumi-dr evidence`: what was done, when, by whom, with what result. */
export function listEvidence({ json }: { json?: boolean }): void {
  const project = readProject();
  const { findings, log } = judge(placesOf(project).map(readCopy), project.plan.name);
  const runs = runsOf(log);
  if (json) {
    const heads = log.heads.map(({ hash }) => hash);
    const commands = runs.map(({ command, result, begun, ended }) => ({
      ...{ command, result, begun: begun?.record ?? null, ended: ended?.record ?? null },
    }));
    process.stdout.write(
      `${JSON.stringify({ plan: project.plan.name, proven: findings.length === 0, heads, commands })}\n`,
    );
  } else {
    process.stdout.write(`${runs.length > 0 ? renderRuns(runs) : `${project.plan.name}: no record of evidence`}\n`);
  }
  if (findings.length > 0)
    process.stderr.write(`this evidence is in doubt (${findings.length}): npx pulumi-dr evidence verify says why\n`);
}

/** `pulumi-dr evidence verify`: exits 1 unless every record, link and copy is as it was written. */
export function verifyEvidence({ json, head }: { json?: boolean; head?: string }): void {
  if (head !== undefined && !/^[0-9a-f]{12,64}$/.test(head))
    throw new UsageError(`--head must be a record's hash, 12 to 64 hexadecimal digits; got ${head}`);
  const project = readProject();
  const plan = project.plan.name;
  const copies = placesOf(project).map(readCopy);
  const judgement = judge(copies, plan, head);
  const { findings, notes, log } = judgement;
  if (json) {
    const said = {
      ...{ plan, ok: findings.length === 0, records: log.records.length, heads: log.heads.map(({ hash }) => hash) },
      copies: copies.map(({ name, there, files }) => ({ name, there, records: files.size })),
      ...{ findings, notes },
    };
    process.stdout.write(`${JSON.stringify(said)}\n`);
  } else {
    const there = copies.filter((copy) => copy.there).map(({ name }) => name);
    process.stdout.write(`${renderJudgement(plan, judgement, there)}\n`);
  }
  if (findings.length > 0) process.exitCode = 1;
}
