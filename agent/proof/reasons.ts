import { wasCutOff } from "../repository/refusal";

/** What an error tells against a backup that was being proven. Thrown again if it tells nothing of it: a tool was killed. */
export function reasonsOf(error: unknown): string[] {
  if (wasCutOff(error)) throw error;
  return [(error as Error).message];
}
