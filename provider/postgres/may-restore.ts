import type { Authority } from "../../engines/dns/lookup";

/** What a restore was asked for: by this it is told from another one, of another loss. */
export interface Asked {
  readonly recoverFrom: string;
  readonly lostSite: string;
  /** The epoch that the lost site held. Absent where no DNS stack was ever brought up. */
  readonly lostEpoch?: number;
}

/** What is found in the place that a database shall be restored to. */
export interface Found {
  readonly hasData: boolean;
  /** A server that takes writes runs on it. */
  readonly writes: boolean;
  /** The restore that this data is of, and whether it was promoted since.  @default - it is of none */
  readonly restored?: { readonly asked: Asked; readonly promoted: boolean };
  readonly authority: Authority | undefined;
}

/**
 * Whether to restore into a site, to take what was restored before for done, or to leave a live database alone.
 * @throws with the way out where a restore would take the place of a database that is, or may be, the live one.
 */
export function mayRestore(
  site: string,
  asked: Asked & { readonly inWords: boolean },
  { hasData, writes, restored, authority }: Found,
): "restore" | "done" | "live" {
  const { recoverFrom, lostSite, lostEpoch, inWords } = asked;
  const isSameLoss = restored?.asked.lostSite === lostSite && restored.asked.lostEpoch === lostEpoch;
  if (isSameLoss && restored.asked.recoverFrom === recoverFrom) return "done";
  if (authority?.site === site && !hasData)
    throw new Error(
      `must not be used: ${site} itself is live (epoch ${authority.epoch}) and has no data, and what ${lostSite} backed up ends before that epoch. ` +
        `Take out dr:siteIsLost, or move the name to another site that has the data`,
    );
  if (authority?.site === site && !inWords) return "live";
  if (writes || authority?.site === site || (isSameLoss && restored.promoted))
    throw new Error(
      `must not change any more: ${site} ${restored ? `was restored from ${restored.asked.recoverFrom} and is live since` : "is live"}, and a live database is never overwritten. ` +
        (restored
          ? `Set dr:recoverFrom back to ${restored.asked.recoverFrom}`
          : `Take it out (npx pulumi config rm dr:recoverFrom)`) +
        `; npx pulumi-dr restore --to <folder> brings anything else back beside it`,
    );
  return "restore";
}
