import { CHECK_CYCLE_S } from "../plan";
import type { FaultTimes } from "../summary";
import { holdsWithin, type Fault, type FaultContext, type Injected } from "./fault";

/** Injects faults one after the other, every kind before any comes again, until it is told to stop. */
export async function runLane(
  context: FaultContext,
  faults: readonly Fault[],
  times: Map<string, FaultTimes>,
  pauseSeconds: readonly [least: number, most: number],
  isOver: () => boolean,
): Promise<void> {
  const { random, system } = context;
  const possible = faults.filter(({ name, missing }) => {
    const skipped = missing?.(system);
    if (skipped !== undefined) times.set(name, { ...timesOf(times, name), skipped });
    return skipped === undefined;
  });
  while (possible.length > 0 && !isOver())
    for (const fault of random.shuffled(possible)) {
      await holdsWithin(random.between(...pauseSeconds) * 1000, isOver);
      if (isOver()) return;
      await runFault(context, fault, times, isOver);
    }
}

const MOOT_EVERY_MS = 20_000;

async function runFault(
  context: FaultContext,
  { name, inject }: Fault,
  times: Map<string, FaultTimes>,
  isOver: () => boolean,
): Promise<void> {
  const { journal, watch } = context;
  let injected: Injected | undefined;
  try {
    injected = await inject(context);
  } catch (error) {
    journal.violate("tester", `${name} could not be injected: ${(error as Error).message}`);
    return;
  }
  if (!injected) return journal.note("nothing-to-hurt", { name });
  const heard = watch.said.length;
  const began = Date.now();
  const { what, tells, mustTell = false, isMoot = () => Promise.resolve(false), lasts = 0, heal, proof } = injected;
  journal.tell(name, { what });
  const told = () => watch.said.slice(heard).find(tells);

  await holdsWithin(lasts * 1000, isOver);
  let asked = Date.now();
  const isSettled = async () => {
    if (told() !== undefined || isOver()) return true;
    if (Date.now() - asked < MOOT_EVERY_MS) return false;
    asked = Date.now();
    return isMoot().catch(() => false); // a repository that is hurt may not answer
  };
  if (mustTell && !(await holdsWithin(CHECK_CYCLE_S * 1000, isSettled)))
    journal.violate("not reported", `${name} (${what}): nothing was said in ${CHECK_CYCLE_S} s`);
  try {
    await heal();
  } catch (error) {
    journal.violate("tester", `${name} (${what}) could not be undone: ${(error as Error).message}`);
  }
  const healedFrom = Date.now();
  journal.tell(`${name}-undone`, { told: told() ? `${told()!.by} ${secondsSince(began, told()!.at)} s` : "no" });
  const isProven = () =>
    proof.every(({ source, repository }) =>
      watch.verified.some(
        (one) =>
          one.at > healedFrom &&
          (source === undefined || one.source === source) &&
          (repository === undefined || one.repository === repository),
      ),
    );
  const healed = await holdsWithin(CHECK_CYCLE_S * 1000, () => isProven() || isOver());
  if (!healed) journal.violate("not healed", `${name} (${what}): no verified backup in ${CHECK_CYCLE_S} s after it`);
  const { injected: before, toldSeconds, healedSeconds } = timesOf(times, name);
  const said = told();
  times.set(name, {
    injected: before + 1,
    toldSeconds: said ? [...toldSeconds, secondsSince(began, said.at)] : toldSeconds,
    healedSeconds: isProven() ? [...healedSeconds, secondsSince(healedFrom, Date.now())] : healedSeconds,
  });
}

const timesOf = (times: ReadonlyMap<string, FaultTimes>, name: string): FaultTimes =>
  times.get(name) ?? { injected: 0, toldSeconds: [], healedSeconds: [] };

const secondsSince = (from: number, to: number) => Math.round((to - from) / 100) / 10;
