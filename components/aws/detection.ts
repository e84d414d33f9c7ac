/** How Route 53 asks: every `requestInterval` seconds (10 or 30), and so many failures in a row count as a loss. */
export interface Detection {
  readonly requestInterval: 10 | 30;
  readonly failureThreshold: number;
}

/** From this on the slower, cheaper interval is as exact. */
const SLOW_SECONDS = 90;
const MOST_FAILURES = 10;

/**
 * As patient as the plan's `detectAfter`, and no more than its RTO leaves once resolvers' TTL has passed. Undefined where even one
 * failure, 10 s apart, is too late.
 */
export function detectionOf(
  detectAfterSeconds: number,
  { rtoSeconds, ttlSeconds }: { rtoSeconds: number | undefined; ttlSeconds: number },
): Detection | undefined {
  const allowed = Math.min(detectAfterSeconds, (rtoSeconds ?? Infinity) - ttlSeconds);
  if (allowed < 10) return undefined;
  const requestInterval = allowed >= SLOW_SECONDS ? 30 : 10;
  return { requestInterval, failureThreshold: Math.min(MOST_FAILURES, Math.floor(allowed / requestInterval)) };
}
