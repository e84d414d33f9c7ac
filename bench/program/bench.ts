import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import * as path from "node:path";
import { columnsOf } from "../../cli/columns";
import { startProgress } from "../../cli/progress";
import { projectFolder } from "../../engines/bundle";
import { AWS_STACKS, AZURE_STACKS, STACKS } from "../../test/stacks/program";
import { measure, type Cost } from "../measure";
import { judged, ratioOf, renderRatios, summarise, type Ratio, type Summary } from "../samples";
import type { SiteTask } from "./site-program";

/** A whole live site of each platform. */
const SITES = { local: STACKS.prod, aws: AWS_STACKS["aws-prod"], azure: AZURE_STACKS["azure-prod"] };
export type Part = keyof typeof SITES | "types";

export interface ProgramBenchOptions {
  readonly json: boolean;
  readonly repeats: number;
}

/** An arm's seconds, from the start of the process; its worst memory in bytes; how many resources it registers. */
interface Arm extends Summary {
  readonly peak: number;
  readonly resources?: number;
}

interface Answer {
  readonly resources: number;
  /** It counts from its process' start. */
  readonly seconds?: never;
}

const EMPTY = "empty program";
const GOAL = { atMost: 1.1 };
/** The types of everything are checked in one run, which takes a minute. */
const MOST_CHECKS = 3;

/** `npm run bench -- program`: what our components cost to load and register, beside the same resources without them. */
export async function benchProgram(parts: readonly Part[], { json, repeats }: ProgramBenchOptions): Promise<void> {
  const progress = startProgress(process.stderr);
  const folder = mkdtempSync(path.join(tmpdir(), "dr-program-"));
  const arms: Arm[] = [];
  const ratios: Ratio[] = [];
  try {
    for (const part of parts) {
      if (part === "types") arms.push(await checkTypes(Math.min(repeats, MOST_CHECKS), progress));
      else {
        const found = await measureSite(part, { folder, repeats }, progress);
        arms.push(...found);
        ratios.push(...judgeSite(part, found));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const head = { bench: "program", repeats, cores: cpus().length };
  if (json) process.stdout.write(`${JSON.stringify({ ...head, arms, ratios })}\n`);
  else process.stdout.write(`\n${head.cores} cores\n\n${renderArms(arms)}\n\n${renderRatios(ratios)}\n`);
}

type Progress = ReturnType<typeof startProgress>;

async function measureSite(
  platform: Exclude<Part, "types">,
  { folder, repeats }: { readonly folder: string; readonly repeats: number },
  progress: Progress,
): Promise<Arm[]> {
  const keptIn = path.join(folder, `${platform}.json`);
  const ours: SiteTask = { written: "components", ...SITES[platform] };
  const tasks: Readonly<Record<string, SiteTask>> = {
    [`${platform}: components`]: ours,
    [`${platform}: flat`]: { written: "flat", keptIn },
    [`${platform}: ${EMPTY}`]: { written: "nothing" },
  };
  // Bundled, its code cache kept, and what it registers told to the flat one, once.
  await progress.step(`${platform}: a first run`, () => runSite({ ...ours, keepIn: keptIn }));
  const runs = new Map(Object.keys(tasks).map((name) => [name, [] as Awaited<ReturnType<typeof runSite>>[]]));
  for (let repeat = 1; repeat <= repeats; repeat++)
    await progress.step(`${platform}: run ${repeat} of ${repeats}`, async () => {
      for (const [name, task] of Object.entries(tasks)) runs.get(name)!.push(await runSite(task));
    });
  return [...runs].map(([name, all]) => ({
    ...armOf(
      name,
      all.map(({ cost }) => ({ seconds: cost.seconds, peak: cost.ownPeak })),
    ),
    resources: all[0]!.answer.resources,
  }));
}

/** One program in a process of its own, as the engine's language host would start it. */
function runSite(task: SiteTask): Promise<{ answer: Answer; cost: Cost }> {
  const launcher = JSON.stringify(path.join(projectFolder, "scripts/launch.cjs"));
  const code = `require(${launcher}).launch("bench/program/site-program.ts")`;
  return measure([process.execPath, "-e", code], { DR_BENCH: JSON.stringify(task) });
}

async function checkTypes(repeats: number, progress: Progress): Promise<Arm> {
  const tsc = path.join(projectFolder, "node_modules/typescript/bin/tsc");
  // In a process that can be looked at when it is done: the compiler's own is gone by then.
  const code = `process.argv.splice(1, 0, ${JSON.stringify(tsc)}); const end = process.exit;
    process.exit = (code) => { if (code) end(code); process.stdout.write("{}\\n"); process.stdin.resume(); };
    require(${JSON.stringify(tsc)})`;
  const words = ["--noEmit", "--incremental", "false", "-p", projectFolder];
  const runs: { seconds: number; peak: number }[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++)
    await progress.step(`types: run ${repeat} of ${repeats}`, async () => {
      const { cost } = await measure([process.execPath, "-e", code, "--", ...words], {});
      runs.push({ seconds: cost.seconds, peak: cost.ownPeak });
    });
  return armOf("tsc", runs);
}

const armOf = (name: string, runs: readonly { readonly seconds: number; readonly peak: number }[]): Arm => ({
  ...summarise({ name, seconds: runs.map(({ seconds }) => seconds) }),
  peak: Math.max(...runs.map(({ peak }) => peak)),
});

/** @param arms Components, flat, empty: in this order. */
export function judgeSite(platform: string, [ours, flat]: readonly Arm[]): readonly Ratio[] {
  return [
    ratioOf(`${platform}: components / flat, time`, ours!, flat!, GOAL),
    judged(`${platform}: components / flat, memory`, ours!.peak / flat!.peak, GOAL),
  ];
}

export const renderArms = (arms: readonly Arm[]) =>
  columnsOf([
    ["arm", "median", "best", "worst", "peak MiB", "resources"],
    ...arms.map(({ name, median, best, worst, peak, resources }) => [
      name,
      ...[median, best, worst].map((s) => `${s.toFixed(3)} s`),
      ...[(peak / 1024 / 1024).toFixed(0), resources === undefined ? "" : String(resources)],
    ]),
  ]).join("\n");
