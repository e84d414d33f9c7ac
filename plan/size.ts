/** An amount of data in whole bytes. In a plan it is text with a unit: `500 MB`, `1 GiB`, `1.5 TB`. */
export type Size = number;

const UNITS: readonly (readonly [unit: string, bytes: number])[] = [
  ["TiB", 2 ** 40],
  ["TB", 1e12],
  ["GiB", 2 ** 30],
  ["GB", 1e9],
  ["MiB", 2 ** 20],
  ["MB", 1e6],
  ["KiB", 2 ** 10],
  ["KB", 1e3],
  ["B", 1],
];

/** What a size looks like: a number, perhaps with a fraction, and a unit. */
export const SIZE = /^(\d{1,6}(?:\.\d{1,3})?) ?([KMGT]i?B|B)$/;

/** The rule in words, for refusals. */
export const SIZE_RULE = "must be a size with a unit (B, KB, MB, GB, TB or KiB, MiB, GiB, TiB), such as 1 GiB";

/**
 * Bytes in a size such as `1 GiB`. A fraction of a byte is rounded to the nearest whole one.
 * @throws Error if the text is not a size: a bare number is refused.
 */
export function parseSize(text: string): Size {
  const [, amount, unit] = SIZE.exec(text) ?? [];
  const bytes = UNITS.find(([name]) => name === unit)?.[1];
  if (bytes === undefined) throw new Error(`${SIZE_RULE}; got ${JSON.stringify(text)}`);
  return Math.round(Number(amount) * bytes);
}

/** The largest unit that divides the bytes exactly: `1 GiB`, `500 MB`. The result parses back to the same bytes. */
export function formatSize(bytes: Size): string {
  const [unit, unitBytes] = UNITS.find(([, b]) => bytes >= b && bytes % b === 0 && bytes / b < 1e6) ?? ["B", 1];
  return `${bytes / unitBytes} ${unit}`;
}
