import { run } from "../../../engines/run";
import type { Backup } from "../../contract";

/** What newer versions of pgBackRest can do, and 2.45, the oldest that is supported here, cannot. */
export interface Capabilities {
  /** Backs up changed blocks, where the oldest copies every file that has a changed one. */
  readonly blocks: boolean;
  /** Reads one backup back (`verify --set`), where the oldest always reads the whole stanza. */
  readonly oneSet: boolean;
}

/** Block incremental came with 2.46; before 2.55 such a backup could not be restored from any but the first repository (its release notes). */
const BLOCKS_SINCE = 55;
const ONE_SET_SINCE = 47;

/** @param version As `pgbackrest version` says it: `pgBackRest 2.59.1`. */
export function capabilitiesOf(version: string): Capabilities {
  const [, major, minor] = /\b(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) throw new Error(`pgBackRest must say its version; got ${version.trim()}`);
  const since = (release: number) => Number(major) > 2 || (Number(major) === 2 && Number(minor) >= release);
  return { blocks: since(BLOCKS_SINCE), oneSet: since(ONE_SET_SINCE) };
}

/** Of the pgBackRest on this machine. Asked each time: it may be upgraded while the agent runs, and answers within 20 ms. */
export const capabilities = async (): Promise<Capabilities> => capabilitiesOf(await run("pgbackrest", ["version"]));

/** Options of a backup: small files come in bundles, without which there are no blocks. */
export const blockOptions = ({ blocks }: Capabilities): readonly string[] =>
  blocks ? ["--repo1-bundle", "--repo1-block"] : [];

/** Throws if a backup that was taken by blocks is to be restored by a pgBackRest that is too old to read them. */
export async function refuseOlderTool({ id, tools }: Pick<Backup, "id" | "tools">): Promise<void> {
  const took = tools["pgbackrest"];
  if (took === undefined || !capabilitiesOf(took).blocks) return;
  const here = (await run("pgbackrest", ["version"])).trim();
  if (capabilitiesOf(here).blocks) return;
  throw new Error(
    `${id} must be restored by pgBackRest 2.${BLOCKS_SINCE} or newer, because ${took} took it by blocks; this machine has ${here}. Install a newer one`,
  );
}
