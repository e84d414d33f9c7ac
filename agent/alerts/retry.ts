const SECOND = 1000;
const LONGEST = 300 * SECOND;
const LONGEST_ASKED = 3600 * SECOND;

/** A message that could not be delivered for so long is old news; it is dropped, and the log says so. */
export const GIVE_UP_AFTER = 24 * 3600 * SECOND;
/** A channel that fails this often in a row is told of on the others. */
export const FAILING_AFTER = 3;
/** A channel that is away for long keeps the newest of its messages. */
export const MAX_WAITING = 200;

/** How long to wait after so many failed attempts: twice as long each time, and never in step with anyone else. */
export function delayAfter(attempts: number, random: number, retryAfterSeconds = 0): number {
  const backoff = Math.min(LONGEST, SECOND * 2 ** Math.min(attempts - 1, 20));
  return Math.max(backoff / 2 + (backoff / 2) * random, Math.min(LONGEST_ASKED, retryAfterSeconds * SECOND));
}
