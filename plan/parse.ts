import { findings, type Finding } from "./checks";
import { findingsOf, formatPath, MAX_REFUSALS } from "./issues";
import { resolve, type Plan } from "./plan";
import { PlanError, type Refusal } from "./refusal";
import { planSchema } from "./schema/plan";
import { readYaml } from "./yaml";

/** What {@link checkPlan} found. `plan` is there only if there are no refusals. */
export interface Checked {
  readonly plan?: Plan;
  /** Why the plan is not accepted. */
  readonly refusals: readonly Refusal[];
  /** What is doubtful, but accepted. */
  readonly warnings: readonly Refusal[];
}

/** A plan is validated once in a process: compiling validators for it (zod's JIT) would cost more than it saves. */
const ONCE = { jitless: true };

/** Reads and checks a plan. Never throws for anything that the text says. */
export function checkPlan(text: string, _file?: string): Checked {
  const file = readYaml(text);
  if (!("value" in file)) return { refusals: file, warnings: [] };
  const located = ({ at, message }: Finding): Refusal => ({ path: formatPath(at), message, line: file.lineOf(at) });
  const parsed = planSchema.safeParse(file.value, ONCE);
  if (!parsed.success) {
    const found = findingsOf(parsed.error.issues, planSchema, file.value);
    return { refusals: found.map(located), warnings: [] };
  }
  const plan = resolve(parsed.data);
  const found = findings(plan);
  const refusals = found
    .filter(({ doubt }) => !doubt)
    .slice(0, MAX_REFUSALS)
    .map(located);
  const warnings = found.filter(({ doubt }) => doubt).map(located);
  return refusals.length > 0 ? { refusals, warnings } : { plan, refusals, warnings };
}

/**
 * Reads a plan.
 * @param file Name of the file, for the message.
 * @throws PlanError with every refusal, one per line.
 */
export function parsePlan(text: string, file?: string): Plan {
  const { plan, refusals } = checkPlan(text, file);
  if (!plan) throw new PlanError(refusals, file);
  return plan;
}
