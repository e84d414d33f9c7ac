import { columnsOf } from "../columns";
import type { Entry } from "./client";
import { readableBytes } from "./meter";

/** What is known of a backup, with how it was proven. */
export function stateWord({ state, verdict }: Pick<Entry, "state" | "verdict">): string {
  if (!verdict) return state;
  return `${state === "failed" ? "FAILED" : state} (${verdict.level})`;
}

/** A moment for a person, to the second. */
export const readableTime = (iso: string) => new Date(iso).toISOString().replace(/\.\d+Z$/, "Z");

const COLUMNS: readonly (readonly [title: string, isNumber: boolean, cell: (entry: Entry) => string])[] = [
  ["id", false, ({ id }) => id],
  ["source", false, ({ source }) => source],
  ["type", false, ({ type }) => type],
  ["taken at", false, ({ site }) => site],
  ["started", false, ({ startedAt }) => readableTime(startedAt)],
  ["size", true, ({ bytes }) => readableBytes(bytes.source)],
  ["stored", true, ({ bytes }) => readableBytes(bytes.stored)],
  ["state", false, stateWord],
  ["repositories", false, ({ repositories }) => repositories.join(", ")],
];

/** A table of backups, one a line, with why those failed that did. */
export function renderBackups(backups: readonly Entry[]): readonly string[] {
  const rows = [COLUMNS.map(([title]) => title), ...backups.map((entry) => COLUMNS.map(([, , cell]) => cell(entry)))];
  const numbers = COLUMNS.flatMap(([, isNumber], at) => (isNumber ? [at] : []));
  const reasons = backups.flatMap(({ id, state, verdict }) =>
    state === "failed" ? [`! ${id}: ${verdict?.reasons.join("; ") || "it could not be proven"}`] : [],
  );
  return [...columnsOf(rows, numbers), ...reasons];
}
