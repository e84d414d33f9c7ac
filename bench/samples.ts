import { columnsOf } from "../cli/columns";
/** Seconds of one arm, in the order they were taken. */
export interface Samples {
  readonly name: string;
  readonly seconds: readonly number[];
}

export interface Summary {
  readonly name: string;
  readonly best: number;
  readonly median: number;
  readonly worst: number;
  readonly repeats: number;
}

/** @throws Error if there is no sample: a median of nothing is not 0. */
export function summarise({ name, seconds }: Samples): Summary {
  if (seconds.length === 0) throw new Error(`no sample of ${name}`);
  const sorted = [...seconds].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { name, best: sorted[0]!, median, worst: sorted.at(-1)!, repeats: seconds.length };
}

/** A ratio of medians with the bound that it should keep. */
export interface Ratio {
  readonly name: string;
  readonly value: number;
  readonly goal: { readonly atMost: number } | { readonly atLeast: number };
  readonly met: boolean;
}

export function ratioOf(name: string, over: Summary, under: Summary, goal: Ratio["goal"]): Ratio {
  return judged(name, over.median / under.median, goal);
}

/** Any figure with its goal. */
export const judged = (name: string, value: number, goal: Ratio["goal"]): Ratio => ({
  ...{ name, value, goal, met: "atMost" in goal ? value <= goal.atMost : value >= goal.atLeast },
});

export function renderSummaries(summaries: readonly Summary[]): string {
  const rows = summaries.map(({ name, best, median, worst, repeats }) => [
    name,
    ...[median, best, worst].map((s) => `${s.toFixed(3)} s`),
    String(repeats),
  ]);
  return columnsOf([["arm", "median", "best", "worst", "repeats"], ...rows]).join("\n");
}

export function renderRatios(ratios: readonly Ratio[]): string {
  const goalText = (goal: Ratio["goal"]) => ("atMost" in goal ? `<= ${goal.atMost}` : `>= ${goal.atLeast}`);
  return columnsOf([
    ["ratio", "value", "goal", "met"],
    ...ratios.map(({ name, value, goal, met }) => [name, value.toFixed(2), goalText(goal), met ? "yes" : "NO"]),
  ]).join("\n");
}

/** Runs `work` and answers how long it took, in seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - began) / 1e9;
}
