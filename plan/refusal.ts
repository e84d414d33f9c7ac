/** Why a plan is not accepted, or what is doubtful about it. */
export interface Refusal {
  /** Where in the file, such as `data.postgres.backup`. Empty for the file as a whole. */
  readonly path: string;
  /** The rule, the value and the way out. */
  readonly message: string;
  /** Line in the file, from 1, where it is known. */
  readonly line?: number;
}

/** One line: `data.postgres.backup: the message`. */
export function formatRefusal({ path, message }: Refusal): string {
  return path ? `${path}: ${message}` : message;
}

/** A plan that was refused. The message has one line for each refusal. */
export class PlanError extends Error {
  override readonly name = "PlanError";
  constructor(
    readonly refusals: readonly Refusal[],
    readonly file?: string,
  ) {
    super(refusals.map((r) => `${file ? `${file}${r.line ? `:${r.line}` : ""}: ` : ""}${formatRefusal(r)}`).join("\n"));
  }
}
