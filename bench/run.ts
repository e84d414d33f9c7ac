import { cpus } from "node:os";
import { startProgress } from "../cli/progress";
import { judgeBackups, runBackups } from "./backup/bench";
import { renderFigures } from "./report";
import { judgeRestores, runRestores } from "./restore/bench";
import { renderRatios } from "./samples";
import { makeSubject } from "./subject";

export type Part = "backup" | "restore";

export interface BackupBenchOptions {
  readonly json: boolean;
  readonly sizeMiB: number;
  readonly repeats: number;
}

/** `npm run bench -- backup restore`: both over one server of the bench's own. A goal that is missed is printed, no failure. */
export async function benchBackups(parts: readonly Part[], options: BackupBenchOptions): Promise<void> {
  const { json, sizeMiB, repeats } = options;
  const progress = startProgress(process.stderr);
  const at = await progress.step(`a server with ${sizeMiB} MiB`, () => makeSubject(sizeMiB));
  const results = [];
  try {
    if (parts.includes("backup")) {
      const runs = await runBackups(at, repeats, progress);
      results.push({ arms: runs.all(), ratios: judgeBackups(runs) });
    }
    if (parts.includes("restore")) {
      const runs = await runRestores(at, repeats, progress);
      results.push({ arms: runs.all(), ratios: judgeRestores(runs) });
    }
  } finally {
    await at.stop();
  }
  const arms = results.flatMap((one) => one.arms);
  const ratios = results.flatMap((one) => one.ratios);
  const head = { bench: parts.join(" "), sizeMiB, repeats, cores: cpus().length };
  if (json) process.stdout.write(`${JSON.stringify({ ...head, arms, ratios })}\n`);
  else
    process.stdout.write(
      `\n${sizeMiB} MiB, half of it incompressible, ${head.cores} cores; seconds, then MiB\n\n${renderFigures(arms)}\n\n${renderRatios(ratios)}\n`,
    );
}
