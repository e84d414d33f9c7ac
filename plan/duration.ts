/** A span of time in whole seconds. In a plan it is text with a unit: `90s`, `15m`, `4h`, `1h30m`, `7d`, `4w`. */
export type Duration = number;

const SECONDS = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** What a duration looks like: whole numbers, each with a unit, largest unit first. */
export const DURATION = /^(?=\d)(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/;

/** The rule in words, for refusals. */
export const DURATION_RULE = "must be a duration with a unit (s, m, h, d or w), such as 15m, 4h or 30d";

/**
 * Seconds in a duration such as `15m` or `1h30m`.
 * @throws Error if the text is not a duration: a bare number, a fraction and ISO 8601 (`PT15M`) are refused.
 */
export function parseDuration(text: string): Duration {
  const match = DURATION.exec(text);
  if (!match) throw new Error(`${DURATION_RULE}; got ${JSON.stringify(text)}`);
  const [, w = 0, d = 0, h = 0, m = 0, s = 0] = match;
  return Number(w) * SECONDS.w + Number(d) * SECONDS.d + Number(h) * SECONDS.h + Number(m) * SECONDS.m + Number(s);
}

/** The shortest exact way to write a number of seconds: `15m`, `24h`, `1h30m`, `7d`. Days are used from two whole days on. */
export function formatDuration(seconds: Duration): string {
  if (seconds >= 2 * SECONDS.d && seconds % SECONDS.d === 0) return `${seconds / SECONDS.d}d`;
  const h = Math.floor(seconds / SECONDS.h);
  const m = Math.floor((seconds % SECONDS.h) / SECONDS.m);
  const s = seconds % SECONDS.m;
  return `${h ? `${h}h` : ""}${m ? `${m}m` : ""}${s ? `${s}s` : ""}` || "0s";
}
