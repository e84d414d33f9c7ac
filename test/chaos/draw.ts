import { seeded, type Random } from "../helpers/random";
import type { Act } from "./acts/act";

/** What a run shall do, drawn from its seed and nothing else. */
export interface Drawn {
  readonly seed: number;
  readonly acts: readonly DrawnAct[];
}

export interface DrawnAct {
  readonly act: Act;
  /** Chance of the act's own. */
  readonly random: Random;
  /** Milliseconds in which nothing is done before it. */
  readonly pauseMs: number;
}

const FEWEST = 2;
export const MOST_ACTS = 4;
const LONGEST_PAUSE_MS = 800;

/** @param most Acts of a run, at most: 2 or more. */
export function draw(seed: number, acts: readonly Act[], most = MOST_ACTS): Drawn {
  const random = seeded(String(seed));
  const lots = acts.flatMap((act) => Array.from({ length: act.weight }, () => act));
  const drawn = Array.from({ length: random.between(FEWEST, most) }, (_, at) => ({
    act: random.pick(lots),
    random: random.fork(`act ${at}`),
    pauseMs: random.between(0, LONGEST_PAUSE_MS),
  }));
  return { seed, acts: drawn };
}
