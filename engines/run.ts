import { spawn } from "node:child_process";
import type { ServerUser } from "./user";

export interface RunOptions {
  /** Whom to run as.  @default - the current user */
  readonly user?: ServerUser;
  /** Added to a bare environment of PATH, HOME and LC_ALL: nothing of the caller's leaks in. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input. Secrets go this way, never among the arguments. */
  readonly input?: string;
  readonly cwd?: string;
  /** It ends with this process, also after a `kill -9`: what it half did is cleared away by the next run.  @default false */
  readonly bound?: boolean;
  /** Milliseconds until it is killed.  @default 60000 */
  readonly timeoutMs?: number;
  /** Gets each piece of standard output and error as it comes. */
  readonly onOutput?: (text: string) => void;
}

const ENDS_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"];

/** How long what a command printed is waited for after its end. */
const HELD_PIPES_MS = 1_000;

/** A command that failed; the message holds the last lines that it printed. */
export class RunError extends Error {
  constructor(
    readonly command: string,
    readonly exitCode: number | null,
    readonly stderr: string,
    reason: string,
  ) {
    super([`${command} ${reason}`, ...stderr.trim().split("\n").slice(-6)].join("\n  ").trim());
  }
}

/** Runs a command without a shell and answers what it printed; throws {@link RunError} unless it exits 0. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { user, env, input, cwd, timeoutMs = 60_000, onOutput, bound = false } = options;
  const words = bound && process.platform === "linux" ? [...ENDS_WITH_US, command, ...args] : [command, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(words[0]!, words.slice(1), {
      cwd,
      env: bareEnvironment(env),
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      ...owner(user),
    });
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    // Decoded as a stream: a letter may arrive in two pieces.
    child.stdout!.setEncoding("utf8").on("data", (text: string) => ((stdout += text), onOutput?.(text)));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => ((stderr += text), onOutput?.(text)));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new RunError(command, null, "", `could not be started: ${error.message}`));
    });
    const settle = (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer);
      if (code === 0) return resolve(stdout);
      const reason = timedOut
        ? `took longer than ${timeoutMs / 1000} s`
        : `ended with ${signal ?? `exit code ${code}`}`;
      reject(new RunError(command, code, stderr || stdout, reason));
    };
    child.on("close", settle); // all that it printed has been read
    // A server that the command left running may hold the pipes open, and they never close.
    child.on("exit", (code, signal) => void setTimeout(settle, HELD_PIPES_MS, code, signal).unref());
    child.stdin?.on("error", () => {}); // a command that ends before it has read says why by its exit code
    child.stdin?.end(input);
  });
}

/** The `uid` and `gid` for a spawn, only where there is a change to make. */
export function owner(user: ServerUser | undefined): { uid?: number; gid?: number } {
  return user && user.uid !== process.getuid!() ? { uid: user.uid, gid: user.gid } : {};
}

export function bareEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C.UTF-8", ...extra };
}
