import { stateOf, type Backup, type Known } from "../../agent/contract";
import type { RecoveryPoint } from "./recovery-point";

/** The backup that a recovery starts from. Throws, with what there is, if none fits. */
export function chooseBackup(all: readonly Known[], point: RecoveryPoint): Backup {
  const known = [...all].sort((a, b) => (a.backup.startedAt < b.backup.startedAt ? -1 : 1));
  const verified = known.filter((one) => stateOf(one) === "verified").map(({ backup }) => backup);
  const physical = verified.filter(({ kind }) => kind === "physical");
  switch (point.kind) {
    case "latest": {
      // WAL goes on from a physical one to the last segment that was archived; a dump ends where it was taken.
      const newest = physical.at(-1) ?? verified.at(-1);
      if (!newest) throw new Error(`there is nothing to recover from: ${rangeOf(known, verified)}`);
      return newest;
    }
    case "time": {
      const before = physical.filter(({ endedAt }) => endedAt <= point.time).at(-1);
      if (!before)
        throw new Error(
          `no verified physical backup was complete by ${point.time}: ${rangeOf(known, verified)}. Give a later moment, or the id of a backup`,
        );
      return before;
    }
    case "backup": {
      const found = known.find(({ backup }) => backup.id === point.id);
      if (!found) throw new Error(`there is no backup ${point.id}: ${rangeOf(known, verified)}`);
      if (stateOf(found) === "failed")
        throw new Error(`${point.id} could not be verified: ${found.verdicts.at(-1)!.reasons.join("; ")}`);
      return found.backup;
    }
  }
}

function rangeOf(known: readonly Known[], verified: readonly Backup[]): string {
  if (known.length === 0) return "there are no backups";
  if (verified.length === 0) return `none of ${known.length} backup${known.length === 1 ? "" : "s"} is verified`;
  const [oldest, newest] = [verified[0]!, verified.at(-1)!];
  return oldest === newest
    ? `the one verified backup is ${newest.id}, complete at ${newest.endedAt}`
    : `verified backups go from ${oldest.id}, complete at ${oldest.endedAt}, to ${newest.id}, complete at ${newest.endedAt}`;
}
