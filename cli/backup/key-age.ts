import { formatDuration } from "../../plan";
import { readableSpan } from "./meter";

/** How old the repositories' keys are, against the plan. */
export interface KeyAge {
  readonly seconds: number;
  /** `storage.keyRotation` of the plan, in seconds. */
  readonly rotateEverySeconds: number;
  /** Whether a rotation was begun and not finished. */
  readonly isInterrupted: boolean;
  /** Whether somebody should rotate them now. */
  readonly isDue: boolean;
}

export function judgeKeyAge(
  { seconds, isInterrupted }: Pick<KeyAge, "seconds" | "isInterrupted">,
  rotateEverySeconds: number,
): KeyAge {
  // A clock that was set back makes no key younger than new.
  const age = Math.max(0, Math.round(seconds));
  return { seconds: age, rotateEverySeconds, isInterrupted, isDue: isInterrupted || age > rotateEverySeconds };
}

export function describeKeyAge({ seconds, rotateEverySeconds, isInterrupted }: KeyAge): string {
  const left = readableSpan(Math.abs(rotateEverySeconds - seconds));
  const due = seconds > rotateEverySeconds ? `this has been due for ${left}` : `due in ${left}`;
  const age = `the repositories' keys are ${readableSpan(seconds)} old; storage.keyRotation wants new ones every ${formatDuration(rotateEverySeconds)}: ${due}`;
  return isInterrupted
    ? `${age}\n! a rotation was begun and not finished; npx pulumi-dr rotate-keys goes on with it`
    : age;
}
