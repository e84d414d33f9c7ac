import type { Retention } from "../../plan";
import { keep } from "../../plan/retention";
import { stateOf, type Backup, type Known } from "../contract";

/** What a retention means for the backups of one source in one repository. */
export interface Verdicts {
  readonly goes: readonly Backup[];
  readonly stays: readonly Backup[];
}

/**
 * Which backups go. Whatever the plan says, these stay: the newest verified one, the newest that was restored, all that a
 * kept one builds on, and everything until something is verified.
 *
 * @param taken Id of the one that was just taken: it stays, also where a clock that was set back makes it look old.
 */
export function decide(known: readonly Known[], retention: Retention, now: Date, taken?: string): Verdicts {
  const all = known.map(({ backup }) => backup);
  const isVerified = (one: Known) => stateOf(one) === "verified";
  if (!known.some(isVerified)) return { goes: [], stays: all };
  // Ages are counted from the newest backup: neither a clock that jumps nor a schedule that stopped makes backups old.
  const newest = Math.max(...all.map(({ startedAt }) => Date.parse(startedAt)));
  const at = new Date(Math.min(now.getTime(), newest));
  const kept = new Set(
    keep(
      known.map((one) => ({ id: one.backup.id, time: new Date(one.backup.startedAt), verified: isVerified(one) })),
      retention,
      at,
    ),
  );
  if (all.some(({ id }) => id === taken)) kept.add(taken!);
  const restored = known.filter(
    (one) => isVerified(one) && one.verdicts.some(({ level, verified }) => verified && level === "restore"),
  );
  const best = restored.at(-1)?.backup.id;
  if (best !== undefined) kept.add(best);
  const byId = new Map(all.map((backup) => [backup.id, backup]));
  for (const id of kept) {
    const { reference } = byId.get(id) ?? {};
    if (reference !== undefined) kept.add(reference); // a set hands out what is added while it is walked
  }
  return { goes: all.filter(({ id }) => !kept.has(id)), stays: all.filter(({ id }) => kept.has(id)) };
}
