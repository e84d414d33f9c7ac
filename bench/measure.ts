import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { descendants } from "../engines/process";

/** What one run of an arm cost. Bytes throughout. */
export interface Cost {
  readonly seconds: number;
  /** What its result takes on disk.  @default - it stores nothing */
  readonly stored?: number;
  /** Peak resident memory of the process itself (`VmHWM`). */
  readonly ownPeak: number;
  /** The largest sum of the peaks of tools that lived at one time; looked at four times a second. */
  readonly toolsPeak: number;
  /**
   * What the process and its tools have read by `read(2)` (`rchar`): also what came from the page cache or a pipe, never
   * what came by a socket. The kernel adds a tool's count to its parent's when it ends, so that none is lost.
   */
  readonly read: number;
}

const LOOK_EVERY_MS = 250;

/**
 * Runs a program that prints one line of JSON when its work is done and then waits for the end of its standard input: until
 * then it can be looked at. An answer with `seconds` tells them itself; else they count from the start of the program.
 */
export async function measure<T extends { readonly seconds?: number }>(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<{ answer: T; cost: Cost }> {
  const began = process.hrtime.bigint();
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let toolsPeak = 0;
  const look = () => {
    const peaks = descendants(child.pid!).map((pid) => peakOf(pid));
    toolsPeak = Math.max(
      toolsPeak,
      peaks.reduce((sum, one) => sum + one, 0),
    );
  };
  const looking = setInterval(look, LOOK_EVERY_MS);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  try {
    const line = await new Promise<string>((resolve, reject) => {
      let printed = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        if (printed.includes("\n")) resolve(printed);
      });
      child.on("error", reject);
      void ended.then(() => reject(new Error(`an arm failed: ${said.trim() || "it said nothing"}`)));
    });
    const elapsed = Number(process.hrtime.bigint() - began) / 1e9;
    const answer = JSON.parse(line) as T;
    const cost = {
      seconds: answer.seconds ?? elapsed,
      ownPeak: peakOf(child.pid!),
      toolsPeak,
      read: readBy(child.pid!),
    };
    return { answer, cost };
  } finally {
    clearInterval(looking);
    child.stdin.end();
    await ended;
  }
}

/** One line of shell as a program to measure; it fails if any part of a pipe fails. */
export const shellArm = (line: string): readonly [string, ...string[]] => [
  ...(["bash", "-o", "pipefail", "-c"] as const),
  `{ ${line}; } < /dev/null && echo '{}' && { read -r _ || true; }`,
];

/** Peak resident memory of a process; 0 of one that has ended. */
function peakOf(pid: number): number {
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(proc(pid, "status"))?.[1] ?? 0);
}

/** What a process has read by now, and every child of its that has ended. */
export const readBy = (pid: number) => Number(/^rchar: (\d+)/m.exec(proc(pid, "io"))?.[1] ?? 0);

function proc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
