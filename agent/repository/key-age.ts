import { keySince, keyState } from "../../engines/keys";

/** restic's, and the one that pgBackRest is given. */
export const KEYS = ["restic", "repository"] as const;

export interface KeyAge {
  /** Of the older key. */
  readonly seconds: number;
  /** Whether a rotation was begun and not finished. */
  readonly isInterrupted: boolean;
}

/** How old the repositories' keys are. Undefined before the first backup. */
export function keyAge(keysFolder: string, now = new Date()): KeyAge | undefined {
  const since = KEYS.flatMap((name) => keySince(keysFolder, name) ?? []);
  if (since.length === 0) return undefined;
  const isInterrupted = KEYS.some((name) => keyState(keysFolder, name) !== "in use");
  return { seconds: (now.getTime() - Math.min(...since.map(Number))) / 1000, isInterrupted };
}
