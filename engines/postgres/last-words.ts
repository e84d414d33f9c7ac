import { existsSync, readFileSync } from "node:fs";

/** What a server says of whoever asked it too early, and not of itself. */
const OF_OTHERS = /^the database system is /;

/** Why a server ended, by its own log; undefined if it does not say. */
export function lastWords(logFile: string): string | undefined {
  if (!existsSync(logFile)) return undefined;
  const said = readFileSync(logFile, "utf8").matchAll(/\b(?:FATAL|PANIC): {2}(.*)$/gm);
  return [...said].map(([, words]) => words!).findLast((words) => !OF_OTHERS.test(words));
}
