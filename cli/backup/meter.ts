import type { Progress } from "../../agent/contract";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes for a person: `1.2 GiB`, three digits at most. */
export function readableBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 2 ** (10 * power);
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power]}`;
}

/** A span for a person, its two largest units: `2 d 3 h`, `4 min 10 s`. */
export function readableSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

/** Less says nothing of a rate. */
const MIN_SECONDS = 1;

/**
 * Turns what a job says of itself into one line: phase, bytes, rate, time left. What is of 100 in all is a percentage: that
 * is how pgBackRest tells.
 * @param now Milliseconds that never run backwards.
 */
export function createMeter(now: () => number = () => performance.now()): (progress: Progress) => string {
  let phase: string | undefined;
  let since = 0;
  let first = 0;
  return ({ phase: current, bytes, totalBytes }) => {
    if (current !== phase || bytes < first) [phase, since, first] = [current, now(), bytes];
    const seconds = (now() - since) / 1000;
    const rate = seconds >= MIN_SECONDS ? (bytes - first) / seconds : 0;
    const isPercentage = totalBytes === 100;
    const left = totalBytes !== undefined && rate > 0 && bytes < totalBytes ? (totalBytes - bytes) / rate : undefined;
    const amount = totalBytes ? `${readableBytes(bytes)} of ${readableBytes(totalBytes)}` : readableBytes(bytes);
    return [
      current,
      ...(isPercentage || bytes === 0 ? [] : [amount]),
      ...(totalBytes && bytes > 0 ? [`${Math.min(100, Math.floor((100 * bytes) / totalBytes))} %`] : []),
      ...(isPercentage || rate === 0 ? [] : [`${readableBytes(rate)}/s`]),
      ...(left === undefined ? [] : [`${readableSpan(left)} left`]),
    ]
      .filter(Boolean)
      .join("  ");
  };
}
