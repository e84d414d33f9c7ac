import type { Plan } from "../plan";
import { acting } from "./acting";
import type { Finding } from "./finding";
import { keeping } from "./keeping";
import { names } from "./names";
import { references } from "./references";
import { rpo } from "./rpo";
import { rto } from "./rto";
import { schedules } from "./schedules";
import { sites } from "./sites";

export type { Check, Finding } from "./finding";

/** Everything that is wrong or doubtful in a plan whose shape is right. */
export function findings(plan: Plan): readonly Finding[] {
  const scheduled = [...schedules(plan)];
  const found = [sites, names, keeping, references, rto, acting].flatMap((check) => [...check(plan)]);
  // Gaps can be calculated only for schedules that are right.
  const calculable = scheduled.every(({ doubt }) => doubt);
  return [...scheduled, ...found, ...(calculable ? rpo(plan) : [])];
}
