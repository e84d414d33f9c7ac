import { readLog, type Log } from "./chain";
import { placesOf, readCopy, type Whose } from "./copies";
import type { Begun, Ended, Json, Sealed } from "./record";

/** One command as its two records tell it. */
export interface Run {
  readonly command: string;
  /** `interrupted`: no end was written. It was killed, or runs still. */
  readonly result: Ended["result"] | "interrupted";
  /** Undefined only if its record is in no copy. */
  readonly begun?: Sealed<Begun>;
  readonly ended?: Sealed<Ended>;
}

/** Commands in the order of the chain. */
export function runsOf({ records }: Log): readonly Run[] {
  const ends = new Map(records.flatMap((one) => (isEnded(one) ? [[one.record.of, one] as const] : [])));
  const begun = new Set(records.filter(isBegun).map(({ hash }) => hash));
  return records.flatMap((one): Run[] => {
    const { command } = one.record;
    if (isEnded(one)) return begun.has(one.record.of) ? [] : [{ command, result: one.record.result, ended: one }];
    const ended = ends.get(one.hash);
    return [
      {
        ...{ command, result: ended?.record.result ?? "interrupted", begun: one as Sealed<Begun> },
        ...(ended ? { ended } : {}),
      },
    ];
  });
}

const isEnded = (one: Sealed): one is Sealed<Ended> => one.record.phase === "ended";
const isBegun = (one: Sealed): one is Sealed<Begun> => one.record.phase === "begun";

export interface MeasuredObjective {
  readonly targetSeconds: number | null;
  readonly measuredSeconds: number;
}

/** A rehearsal that was measured. */
export interface Drill {
  readonly scenario: string;
  /** When it ended; ISO 8601. */
  readonly at: string;
  /** Whether the plan's objectives were met, as the plan was then. */
  readonly passed: boolean;
  readonly rto: MeasuredObjective;
  readonly rpo: MeasuredObjective;
  /** Hash of the record that says so. */
  readonly evidence: string;
  /** Drills begun after it that came to no measurement. */
  readonly unmeasuredSince: number;
}

/** It moves both ways while both sites live: it says nothing of a loss, and so nothing of the objectives. */
const PLANNED = "drill switchover";

/** The newest drill of a loss that was measured, by the order of the chain: clocks may be wrong. */
export function newestDrill(runs: readonly Run[]): Drill | undefined {
  const drills = runs.filter(({ command }) => command.startsWith("drill ") && command !== PLANNED).reverse();
  const index = drills.findIndex(({ ended }) => objectivesIn(ended?.record.measured) !== undefined);
  const { command, result, ended } = drills[index] ?? {};
  if (!command || !ended) return undefined;
  return {
    ...{ scenario: command.slice("drill ".length), at: ended.record.at, passed: result === "ok" },
    ...objectivesIn(ended.record.measured)!,
    ...{ evidence: ended.hash, unmeasuredSince: index },
  };
}

function objectivesIn(measured: Ended["measured"]): Pick<Drill, "rto" | "rpo"> | undefined {
  const [rto, rpo] = [measured?.rto, measured?.rpo].map((one: Json | undefined) => {
    const { targetSeconds, measuredSeconds } = (one ?? {}) as Partial<MeasuredObjective>;
    return typeof measuredSeconds === "number" ? { targetSeconds: targetSeconds ?? null, measuredSeconds } : undefined;
  });
  return rto && rpo ? { rto, rpo } : undefined;
}

/**
 * The plan's commands, from whichever copies of the evidence are there.
 *
 * @param only The one site whose bucket is read, beside the project's own copy.  @default - all of them
 */
export const readRuns = (whose: Whose, only?: string): readonly Run[] =>
  runsOf(readLog(placesOf(whose, only).map(readCopy), whose.plan.name));

/** The plan's newest measured drill, by the same copies. */
export const lastDrill = (whose: Whose, only?: string): Drill | undefined => newestDrill(readRuns(whose, only));
