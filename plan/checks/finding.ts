import type { Plan } from "../plan";

/** Something that a check found in a plan. */
export interface Finding {
  /** The steps to the place in the file. */
  readonly at: readonly PropertyKey[];
  /** The rule, the value and the way out. */
  readonly message: string;
  /** Doubtful, but accepted. */
  readonly doubt?: true;
}

/** A rule that the schema cannot say, over the whole plan. */
export type Check = (plan: Plan) => Iterable<Finding>;
