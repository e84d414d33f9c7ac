import { TIME } from "../../agent/api/schemas/words";
import { UsageError } from "../project";

/** @throws UsageError unless it is a whole number from 1 on. */
export function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new UsageError(`${option} must be a whole number from 1 to ${most}; got ${text}`);
}

const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/;

/** A moment that means the same to everybody; a time without its zone is another moment to each reader. */
export function zonedTime(option: string, text: string, now: Date): string {
  if (!new RegExp(TIME).test(text) || Number.isNaN(Date.parse(text))) {
    const way = LOCAL_TIME.test(text)
      ? `must name its zone: ${text}Z is UTC, ${text}+02:00 is two hours ahead of it`
      : `must be a time of ISO 8601 with its zone, such as ${now.toISOString().slice(0, 19)}Z`;
    throw new UsageError(`${option} ${way}; got ${text}`);
  }
  if (Date.parse(text) > now.getTime())
    throw new UsageError(
      `${option} must not lie in the future, it is ${now.toISOString().slice(0, 19)}Z now; got ${text}`,
    );
  return new Date(text).toISOString();
}
