import type { Held } from "../api/ports";
import { stateOf, type Known, type Verdict } from "../contract";

/** Oldest first. */
const byTime = <K extends Known>(all: readonly K[]): K[] =>
  [...all].sort((a, b) => Date.parse(a.backup.startedAt) - Date.parse(b.backup.startedAt));

export const newest = <K extends Known>(all: readonly K[]): K | undefined => byTime(all).at(-1);

export const newestVerified = <K extends Known>(all: readonly K[]): K | undefined =>
  byTime(all.filter((one) => stateOf(one) === "verified")).at(-1);

/** What several repositories hold as one list: a backup once, with everything that was proven of any copy of it. */
export function merged(found: Readonly<Record<string, readonly Known[]>>): readonly Held[] {
  const held = new Map<string, Held>();
  for (const [repository, all] of Object.entries(found))
    for (const known of all) {
      const before = held.get(known.backup.id);
      held.set(known.backup.id, {
        backup: known.backup,
        verdicts: withoutDoubles([...(before?.verdicts ?? []), ...known.verdicts]),
        repositories: [...(before?.repositories ?? []), repository],
      });
    }
  return byTime([...held.values()]);
}

const withoutDoubles = (verdicts: readonly Verdict[]): readonly Verdict[] =>
  [...new Map(verdicts.map((verdict) => [JSON.stringify(verdict), verdict])).values()].sort(
    (a, b) => Date.parse(a.at) - Date.parse(b.at),
  );
