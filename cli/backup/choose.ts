import { nearest } from "../../plan/nearest";
import { UsageError } from "../project";
import type { Entry } from "./client";

export interface Wanted {
  /** Of a backup, or `latest`: the newest that was proven. */
  readonly id: string;
  readonly source?: string | undefined;
  /** A moment to come to; ISO 8601, UTC. */
  readonly time?: string | undefined;
}

/** The backup that is wanted. @param backups Newest first. @throws UsageError with the rule and what there is. */
export function chooseBackup(backups: readonly Entry[], { id, source, time }: Wanted): Entry {
  const chosen = id === "latest" ? latest(backups, source, time) : named(backups, id, source);
  if (time === undefined) return chosen;
  if (!isPhysical(chosen))
    throw new UsageError(
      `--time needs a physical backup of PostgreSQL, which has the WAL with it; ${chosen.id} is of ${chosen.engine} (${chosen.kind}). Leave --time out`,
    );
  if (time < chosen.endedAt)
    throw new UsageError(
      `--time must not be before ${chosen.id} ended, at ${chosen.endedAt}; got ${time}. ${rangeOf(backups, chosen.source)}`,
    );
  return chosen;
}

const isPhysical = ({ engine, kind }: Entry) => engine === "postgresql" && kind === "physical";

function named(backups: readonly Entry[], id: string, source: string | undefined): Entry {
  const found = backups.find((entry) => entry.id === id);
  if (!found) {
    const meant = nearest(
      id.slice(-40),
      backups.map((entry) => entry.id.slice(-40)),
    );
    const full = backups.find((entry) => meant !== undefined && entry.id.endsWith(meant))?.id;
    throw new UsageError(
      `no repository holds a backup ${JSON.stringify(id)}${source ? ` of ${source}` : ""}. ${full ? `Did you mean ${full}? ` : ""}npx pulumi-dr backups lists all`,
    );
  }
  return found;
}

function latest(backups: readonly Entry[], source: string | undefined, time: string | undefined): Entry {
  if (source === undefined)
    throw new UsageError(
      `latest is said of a source: add --source ${[...new Set(backups.map((one) => one.source))].sort().join(" or ") || "<name>"}`,
    );
  const proven = backups.filter((entry) => entry.source === source && entry.state === "verified");
  const physical = time === undefined ? proven : proven.filter(isPhysical);
  const found = physical.find(({ endedAt }) => time === undefined || endedAt <= time);
  if (found) return found;
  if (proven.length === 0)
    throw new UsageError(
      `${source} has no verified backup. npx pulumi-dr backups ${source} lists what there is; npx pulumi-dr backup ${source} takes one`,
    );
  if (physical.length === 0)
    throw new UsageError(`--time needs physical backups of PostgreSQL, and ${source} has none. Leave --time out`);
  throw new UsageError(`--time lies before everything that can be restored; got ${time}. ${rangeOf(backups, source)}`);
}

/** From when to when a source can be brought back to any moment. */
function rangeOf(backups: readonly Entry[], source: string): string {
  const ends = backups
    .filter((one) => one.source === source && isPhysical(one) && one.state === "verified")
    .map(({ endedAt }) => endedAt);
  const oldest = ends.sort()[0];
  return oldest === undefined
    ? `${source} has no verified physical backup`
    : `${source} can be brought back to any moment from ${oldest} to the last WAL that was archived; with latest, the backup is chosen by the time`;
}
