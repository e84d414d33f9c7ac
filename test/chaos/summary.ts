import { columnsOf } from "../../cli/columns";
import { MOST_ACTS } from "./draw";
import type { Violation } from "./journal";
import type { Played, Run } from "./run";

/** All that a test of chaos has to say. */
export interface Summary {
  /** Of the first run; each next one has the next number. */
  readonly seed: number;
  readonly runs: readonly Run[];
  /** Acts of a run, at most. */
  readonly most: number;
  /** Acts that could be drawn, by name: another draw than from all.  @default - all */
  readonly only?: readonly string[];
  /** What this machine cannot do. */
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
  readonly violations: readonly Violation[];
  readonly journal: string;
  /** Folders that were kept to be looked at. */
  readonly kept: readonly string[];
}

const SLOWEST = 10;

/** A summary for people. */
export function renderSummary({ seed, runs, most, only, missing, violations, journal, kept }: Summary): string {
  const sum = (of: (run: Run) => number) => runs.reduce((all, run) => all + of(run), 0);
  const slowest = [...runs].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const announced = runs.flatMap(({ announcedSeconds }) => announcedSeconds);
  const drawn = `${most === MOST_ACTS ? "" : ` --acts ${most}`}${only ? ` --only ${only.join(",")}` : ""}`;
  return [
    `${runs.length} runs, seeds ${seed} to ${seed + runs.length - 1}, ${(sum(({ seconds }) => seconds) / runs.length).toFixed(1)} s each`,
    "",
    ...tableOf(runs.flatMap(({ acts }) => acts)),
    "",
    `writes: ${sum(({ acknowledged }) => acknowledged)} acknowledged, ${sum(({ lost }) => lost)} lost; ` +
      `losses announced: ${announced.length}${announced.length > 0 ? `, the longest ${Math.max(...announced).toFixed(1)} s` : ""}`,
    `two writers: looked for ${sum(({ probes }) => probes)} times`,
    `healing: ${sum(({ healing }) => healing.length)} commands`,
    ...missing.map(({ name, reason }) => `LEFT OUT: ${name}: ${reason}`),
    "",
    `the slowest ${slowest.length}:`,
    ...slowest.map(
      ({ seed, seconds, acts }) =>
        `  seed ${seed}: ${seconds.toFixed(1)} s: ${acts.map(({ name }) => name).join("; ")}`,
    ),
    "",
    `everything that happened: ${journal}`,
    ...kept.map((folder) => `kept to be looked at: ${folder}`),
    violations.length === 0 ? "no violation" : `${violations.length} VIOLATIONS`,
    ...violations.map(({ at, kind, what }) => `  ${at} ${kind}: ${what}`),
    ...runs
      .filter((run) => run.violations > 0)
      .map((run) => `again: npm run chaos -- --runs 1 --seed ${run.seed}${drawn}`),
    "",
  ].join("\n");
}

/** What was done, by kind: how often, what came of it, and what it cost. */
function tableOf(acts: readonly Played[]): readonly string[] {
  const done = acts.filter(({ outcome }) => outcome !== undefined);
  const names = [...new Set(done.map(({ name }) => name))].sort();
  return columnsOf(
    [
      ["operation", "times", "s, median", "gap s, median", "gap s, worst", "lost"],
      ...names.map((name) => {
        const all = done.filter((one) => one.name === name);
        const gaps = all.map(({ gapSeconds }) => gapSeconds);
        return [
          ...[name, String(all.length), median(all.map(({ seconds }) => seconds)).toFixed(1)],
          ...[
            median(gaps).toFixed(1),
            Math.max(...gaps).toFixed(1),
            String(all.reduce((sum, one) => sum + one.lost, 0)),
          ],
        ];
      }),
    ],
    [1, 2, 3, 4, 5],
  );
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}
