import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a supervised process is; read from the file that the first argument names. */
export interface Supervised {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly restart: "always" | "on-failure" | "never";
}

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 30_000;
/** A process that ran this long was well: the next restart is a first one again. */
const WELL_AFTER_MS = 60_000;

/** Milliseconds to wait before restart number `failures` (1 for the first): doubled each time, up to half a minute. */
export const delayBefore = (failures: number) => Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);

export const shallRestart = (policy: Supervised["restart"], exitCode: number | null) =>
  policy === "always" || (policy === "on-failure" && exitCode !== 0);

function supervise({ command, args, cwd, env, restart }: Supervised): void {
  let child: ChildProcess | undefined;
  let failures = 0;
  let ending = false;

  const begin = () => {
    const startedAt = Date.now();
    child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", (error) => report(`could not start ${command}: ${error.message}`));
    child.on("close", (code, signal) => {
      if (ending) process.exit(0);
      if (!shallRestart(restart, code)) process.exit(code ?? 1);
      failures = Date.now() - startedAt > WELL_AFTER_MS ? 1 : failures + 1;
      report(
        `${command} ended with ${signal ?? `exit code ${code}`}; starting it again in ${delayBefore(failures)} ms`,
      );
      setTimeout(begin, delayBefore(failures));
    });
  };
  process.on("SIGTERM", () => {
    ending = true;
    if (!child || child.exitCode !== null || child.signalCode !== null) process.exit(0);
    child.kill("SIGTERM");
  });
  begin();
}

const report = (text: string) => console.error(`${new Date().toISOString()} ${text}`);

const specification = process.argv[2];
if (require.main === module && specification) supervise(JSON.parse(readFileSync(specification, "utf8")) as Supervised);
