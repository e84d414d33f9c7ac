import { startProgress, type Progress } from "../progress";
import { reach, type ReachOptions, type Reached } from "./reach";

/** What every command here takes. */
export interface CommonOptions extends ReachOptions {
  readonly json?: boolean;
}

/** What a command found out: its object for `--json`, and whether all is well. */
export interface Outcome {
  readonly ok: boolean;
}

/** Does a command's work with the agent that is meant, and prints its object for a machine; exit code 1 unless all is well. */
export async function withAgent(
  options: CommonOptions,
  work: (at: Reached, progress: Progress) => Promise<Outcome>,
): Promise<void> {
  const progress = startProgress(options.json ? process.stderr : process.stdout);
  const at = await reach(options, (line) => process.stderr.write(`${line}\n`));
  try {
    const { ok, ...outcome } = await work(at, progress);
    if (options.json) process.stdout.write(`${JSON.stringify({ ok, ...outcome })}\n`);
    if (!ok) process.exitCode = 1;
  } finally {
    await at.close();
  }
}
