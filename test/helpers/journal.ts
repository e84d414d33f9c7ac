import { appendFileSync } from "node:fs";

/** Something that must not have happened. */
export interface Violation<Kind extends string> {
  readonly at: string;
  readonly kind: Kind;
  readonly what: string;
}

/** Everything that happens, in one file in its order, and the part that a person follows on the screen. */
export interface Journal<Kind extends string> {
  readonly file: string;
  readonly violations: readonly Violation<Kind>[];
  /** Written down, and shown. */
  readonly tell: (event: string, fields?: Fields) => void;
  /** Written down only. */
  readonly note: (event: string, fields?: Fields) => void;
  readonly violate: (kind: Kind, what: string) => void;
}
type Fields = Readonly<Record<string, unknown>>;

/** @param show Where lines for a person go. */
export function openJournal<Kind extends string>(file: string, show: (line: string) => void): Journal<Kind> {
  const began = Date.now();
  const violations: Violation<Kind>[] = [];
  const note = (event: string, fields: Fields = {}) =>
    appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), event, ...fields })}\n`);
  const tell = (event: string, fields: Fields = {}) => {
    note(event, fields);
    const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`);
    show(`${clock(Date.now() - began)} ${event}${rest.join("")}\n`);
  };
  return {
    ...{ file, violations, tell, note },
    violate(kind, what) {
      violations.push({ at: new Date().toISOString(), kind, what });
      tell("VIOLATION", { kind, what });
    },
  };
}

/** Time since the start as `mm:ss`. */
export const clock = (ms: number) => {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
};

const LONGEST = 400;
const shown = (value: unknown) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
};
