import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { projectFolder } from "../../engines/bundle";
import { openJournal } from "../helpers/journal";
import { ACTS } from "./acts";
import { draw, MOST_ACTS } from "./draw";
import type { ChaosJournal } from "./journal";
import { playRun, type Run } from "./run";
import type { Summary } from "./summary";
import { makeSystem, type System } from "./system";

export interface ChaosOptions {
  readonly runs: number;
  /** Seed of the first run; each next one has the next number. */
  readonly seed: number;
  /** Acts that may be drawn, by name.  @default - all */
  readonly only?: readonly string[];
  /** Acts of a run, at most: 2 or more.  @default 4 */
  readonly most?: number;
  /** Keep the sites' folders though nothing was violated.  @default false */
  readonly keep?: boolean;
  /** Where lines for a person go. */
  readonly show: (line: string) => void;
}

/** After so many runs the sites are built anew, so that they do not grow for ever. */
const RUNS_PER_SYSTEM = 40;
/** More kept folders than this help nobody. */
const MOST_VIOLATED = 5;

/** Plays one run after another on the same sites, which are built anew after one that ended in a violation. */
export async function chaos({
  runs,
  seed,
  only,
  most = MOST_ACTS,
  keep = false,
  show,
}: ChaosOptions): Promise<Summary> {
  const unknown = only?.find((name) => !ACTS.some((act) => act.name === name));
  if (unknown !== undefined)
    throw new Error(`--only must name acts of ${ACTS.map(({ name }) => name).join(", ")}; got ${unknown}`);
  const acts = ACTS.filter(({ name }) => only?.includes(name) ?? true);
  const folder = path.join(projectFolder, ".dr/chaos");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${new Date().toISOString().replaceAll(/[:.]/g, "-")}.jsonl`);
  const journal: ChaosJournal = openJournal(file, show);
  const stop = interruption();
  const all: Run[] = [];
  const kept: string[] = [];
  let system: System | undefined;
  const leave = (violated: boolean) => {
    system?.remove(keep || violated);
    if (system && (keep || violated)) kept.push(system.workspace.folder);
    system = undefined;
  };
  const play = async () => {
    for (let at = 0, violated = 0; at < runs && violated < MOST_VIOLATED; at++) {
      if (at > 0 && at % RUNS_PER_SYSTEM === 0) leave(false);
      system ??= makeSystem();
      const run = await playRun(system, journal, draw(seed + at, acts, most)).catch((error: Error): Run => {
        journal.violate("tester", `seed ${seed + at}: ${error.stack ?? error.message}`);
        return {
          ...{ seed: seed + at, seconds: 0, acts: [], healing: [], acknowledged: 0, lost: 0, probes: 0 },
          ...{ announcedSeconds: [], violations: 1 },
        };
      });
      all.push(run);
      journal.note("run-ended", { run });
      show(lineOf(run));
      if (run.violations === 0) continue;
      violated++;
      leave(true);
    }
  };
  try {
    await Promise.race([play(), stop]);
  } finally {
    leave(false);
  }
  const missing = acts.flatMap(({ name, missing }) => {
    const reason = missing?.();
    return reason === undefined ? [] : [{ name, reason }];
  });
  const { violations } = journal;
  const summary = { seed, runs: all, most, ...(only ? { only } : {}), missing, violations, journal: file, kept };
  journal.note("summary", { summary });
  return summary;
}

const lineOf = ({ seed, seconds, acts, healing, lost, acknowledged, violations }: Run) =>
  `seed ${seed}: ${seconds.toFixed(1)} s, ${acknowledged} acknowledged, ${lost} lost${violations > 0 ? ", VIOLATED" : ""}; ${acts
    .map(({ name, outcome = "left out" }) => `${name} (${outcome})`)
    .join("; ")}; healed by ${healing.length}\n`;

/** Rejects when somebody interrupts, so that everything is ended that was started. */
const interruption = () =>
  new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
  });
