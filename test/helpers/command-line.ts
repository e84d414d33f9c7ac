import { readFileSync } from "node:fs";

/** The words that a process was started with, or that it says of itself since; "" if it has ended. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
