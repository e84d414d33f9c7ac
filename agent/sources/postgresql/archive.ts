import { archiveBegunWal } from "../../../engines/postgres/archiving";
import { connected, type Endpoint } from "../../../engines/postgres/sql";
import { RunError } from "../../../engines/run";
import type { Backup } from "../../contract";
import { capabilities, refuseOlderTool } from "./capabilities";
import { archivedSegments, info, missingSegments, pgbackrest, type InfoBackup, type Stanza } from "./pgbackrest";

/** The backup that was asked for under a name, as its repository lists it, and the one that it builds on. */
export async function findBackup(stanza: Stanza, asked: string) {
  const found = await info(stanza);
  const taken = found?.backup.find(({ annotation }) => annotation?.["dr"] === asked);
  if (!found || !taken || taken.error)
    throw new Error("pgBackRest said that the backup is done and does not list it, or lists it as damaged");
  const prior = found.backup.find(({ label }) => label === taken.prior);
  return { taken, prior, system: found.db.find(({ id }) => id === taken.database.id)?.["system-id"] ?? "unknown" };
}

/** Reads a repository back and compares it with its checksums; answers what is wrong, by backup. */
export async function readBack(
  stanza: Stanza,
  backups: readonly Backup[],
  repository: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const [only, ...others] = backups;
  const set = only && others.length === 0 && (await capabilities()).oneSet ? [`--set=${only.locator}`] : [];
  const said = await pgbackrest(stanza, [...set, "--output=text", "--verbose", "verify"]);
  const lines = said.split("\n").map((line) => line.trim());
  return new Map(
    backups.map(({ id, locator }) => {
      const at = lines.findIndex((line) => line.startsWith(`backup: ${locator}, `));
      if (at < 0) return [id, [`${locator} is not in ${repository}`]];
      return [id, lines[at]!.includes("status: valid") ? [] : [lines[at]!, lines[at + 1] ?? ""]];
    }),
  );
}

/** WAL that is missing since the start of the oldest backup that is kept. */
export async function walGaps(stanza: Stanza, oldest: Backup): Promise<readonly string[]> {
  await info(stanza);
  return missingSegments(
    (await archivedSegments(stanza)).map(({ name }) => name),
    String(oldest.details["walStart"]),
  );
}

const SHIPPED_WITHIN_MS = 60_000;

/**
 * Has a server that still answers ship the WAL that it has begun: a moment that is only just past is in no archive yet. A
 * server that is gone has shipped what it has; whether that reaches far enough, the restore itself says.
 */
export async function shipWal(endpoint: Endpoint): Promise<void> {
  await connected(endpoint, (client) =>
    archiveBegunWal(client, { withinMs: SHIPPED_WITHIN_MS, until: "archived" }),
  ).catch(() => {});
}

/** Labels in the repository, and what each needs, whatever anybody noted of them. */
export const labels = async (stanza: Stanza): Promise<readonly InfoBackup[]> => (await info(stanza))?.backup ?? [];

/** Removes backups that nothing kept needs, then the WAL from before the oldest full that is left. */
export async function expire(stanza: Stanza, going: ReadonlySet<string>): Promise<void> {
  const all = await labels(stanza);
  const needed = all.find(({ label, reference }) => !going.has(label) && reference?.some((one) => going.has(one)));
  if (needed) throw new Error(`${needed.label} needs a backup that was to be removed: ${needed.reference!.join(", ")}`);
  for (const { label } of [...all].reverse())
    if (going.has(label)) await pgbackrest(stanza, [`--set=${label}`, "expire"]);
  const fulls = all.filter(({ label, type }) => type === "full" && !going.has(label)).length;
  if (fulls > 0) await pgbackrest(stanza, [`--repo1-retention-full=${fulls}`, "expire"]);
}

/** How far WAL is replayed: to the end of the backup, to a moment (ISO 8601), or as far as there is any. */
export function replayUntil(what: { readonly time: string } | "end of backup" | "end of WAL"): readonly string[] {
  if (what === "end of WAL") return ["--type=default"];
  if (what === "end of backup") return ["--type=immediate", "--target-action=promote"];
  const moment = new Date(what.time).toISOString().replace("T", " ").replace("Z", "+00");
  return ["--type=time", `--target=${moment}`, "--target-action=promote"];
}

/** Brings a backup back into the stanza's data folder, ready to replay WAL `until` the point that was asked for. */
export async function restoreFrom(
  stanza: Stanza,
  backup: Backup,
  repository: string,
  until: readonly string[],
  onPercent: (percent: number) => void,
): Promise<void> {
  await refuseOlderTool(backup);
  const { id, locator } = backup;
  const options = [...[`--set=${locator}`, ...until, "--archive-mode=off"], "--log-level-console=detail"];
  try {
    await pgbackrest(stanza, [...options, "restore"], onPercent, { bound: true });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const lines = error.message.split("\n").filter((line) => /ERROR|WARN|ended/.test(line));
    throw new Error(`${id} cannot be restored from ${repository}: ${lines.join("; ") || error.message}`, {
      cause: error,
    });
  }
}
