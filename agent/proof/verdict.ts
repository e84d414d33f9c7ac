import type { Backup, Verdict } from "../contract";

/** Answers how many seconds have passed since it was started, whatever becomes of the clock meanwhile. */
export function stopwatch(): () => number {
  const began = process.hrtime.bigint();
  return () => Number(process.hrtime.bigint() - began) / 1e9;
}

/** What came of a proof just now. Without reasons the backup is verified, unless that is told otherwise. */
export const verdictOf = (
  { id }: Pick<Backup, "id">,
  level: Verdict["level"],
  seconds: number,
  reasons: readonly string[],
  verified = reasons.length === 0,
): Verdict => ({
  ...{ backup: id, verified, level },
  ...{ at: new Date().toISOString(), seconds, reasons },
});
