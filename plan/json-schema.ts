import * as z from "zod";
import { planSchema } from "./schema/plan";

/** The JSON schema of a plan as it is written: durations and sizes are text. For editors and for documentation. */
export function planJsonSchema(): object {
  return { ...z.toJSONSchema(planSchema, { io: "input", target: "draft-7" }), title: "pulumi-dr plan" };
}
