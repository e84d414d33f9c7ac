import type { Cost } from "./measure";
import { columnsOf } from "../cli/columns";
import { summarise, type Summary } from "./samples";

/** An arm's runs, in figures: medians, but the worst of memory. */
export interface Figures extends Summary {
  /** Bytes. Absent where an arm stores or reads nothing. */
  readonly stored?: number;
  readonly read?: number;
  readonly serverRead?: number;
  readonly agentPeak?: number;
  readonly toolsPeak?: number;
  /** What no backup by pages, or by whole files, can store less than, before it is compressed. */
  readonly changedPages?: number;
  readonly changedFiles?: number;
}

export interface Run extends Partial<Omit<Cost, "seconds">> {
  readonly seconds: number;
  readonly serverRead?: number;
  readonly changedPages?: number;
  readonly changedFiles?: number;
  /** Whether `ownPeak` is the agent's own memory: of a shell it says nothing. */
  readonly ofAgent?: boolean;
}

/** Collects the runs of arms in the order in which they were first run. */
export class Runs {
  private readonly runs = new Map<string, Run[]>();

  add(arm: string, run: Run): void {
    this.runs.set(arm, [...(this.runs.get(arm) ?? []), run]);
  }

  /** @throws Error if the arm was never run. */
  figures(arm: string): Figures {
    const runs = this.runs.get(arm) ?? [];
    const of = (figure: keyof Run, pick: (values: number[]) => number) => {
      const values = runs.flatMap((run) => (typeof run[figure] === "number" ? [run[figure]] : []));
      return values.length > 0 ? { [figure]: pick(values) } : {};
    };
    const worst = (values: number[]) => Math.max(...values);
    const { ownPeak: agentPeak } = of("ownPeak", worst);
    return {
      ...summarise({ name: arm, seconds: runs.map(({ seconds }) => seconds) }),
      ...{ ...of("stored", middle), ...of("read", middle), ...of("serverRead", middle), ...of("toolsPeak", worst) },
      ...{ ...of("changedPages", middle), ...of("changedFiles", middle) },
      ...(agentPeak !== undefined && runs.some(({ ofAgent }) => ofAgent) ? { agentPeak } : {}),
    };
  }

  all = (): readonly Figures[] => [...this.runs.keys()].map((arm) => this.figures(arm));
}

const middle = (values: number[]) => summarise({ name: "figure", seconds: values }).median;

const mib = (bytes: number | undefined) => (bytes === undefined ? "" : (bytes / 1024 / 1024).toFixed(1));

/** A table of arms: seconds, then MiB. `pages` and `files` are what had changed; `agent` and `tools` are peaks of memory. */
export function renderFigures(figures: readonly Figures[]): string {
  return columnsOf([
    ["arm", "median", "best", "worst", "stored", "pages", "files", "read", "server read", "agent", "tools"],
    ...figures.map((one) => [
      one.name,
      ...[one.median, one.best, one.worst].map((s) => `${s.toFixed(2)} s`),
      ...[one.stored, one.changedPages, one.changedFiles, one.read, one.serverRead, one.agentPeak, one.toolsPeak].map(
        mib,
      ),
    ]),
  ]).join("\n");
}
