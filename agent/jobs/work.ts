import type { DataEntry } from "../../plan";
import { formatSize } from "../../plan/size";
import type { Backup, BackupRequest, OnProgress, Source, Verdict } from "../contract";
import type { Log } from "../log";
import { reasonsOf } from "../proof/reasons";
import { stopwatch, verdictOf } from "../proof/verdict";
import type { ResticRepository } from "../repository/restic";
import { PhysicalPostgresql } from "../sources/postgresql-physical";
import { staged } from "../../engines/staging";
import { decide } from "./retention";

/** A source with what the plan says of it. */
export interface Protected {
  readonly source: Source;
  readonly entry: Pick<DataEntry, "retention" | "verify">;
}

export interface Tools {
  readonly log: Log;
  readonly scratchFolder: string;
  readonly onProgress: OnProgress;
  /** Throws if nothing may be published any more, because the agent is ending.  @default - it never is */
  readonly refuseIfEnding?: () => void;
}

const DAY_MS = 86_400_000;

/** Takes one backup into one repository and names it there. Nothing is published of one that is too small to be whole. */
export async function publish(
  { source, entry }: Protected,
  request: BackupRequest,
  repository: ResticRepository,
  tools: Tools,
): Promise<Backup> {
  await repository.open();
  const backup = await source.backUp(request, repository, tools.onProgress);
  const { minSize } = entry.verify;
  if (backup.bytes.source < minSize)
    throw new Error(
      `${backup.id} holds ${formatSize(backup.bytes.source)}; verify.minSize is ${formatSize(minSize)}: it is not published`,
    );
  tools.refuseIfEnding?.();
  await repository.writeBackup(backup);
  return backup;
}

/** Takes one backup into one repository and reads it back. */
export async function takeBackup(
  of: Protected,
  request: BackupRequest,
  repository: ResticRepository,
  tools: Tools,
): Promise<{ backup: Backup; verdict: Verdict }> {
  const backup = await publish(of, request, repository, tools);
  const [verdict] = await readBack(of.source, [backup], repository, tools.refuseIfEnding);
  if (!verdict!.verified) throw new Error(`${backup.id} cannot be read back: ${verdict!.reasons.join("; ")}`);
  return { backup, verdict: verdict! };
}

/** Reads backups back and writes what came of it. */
export async function readBack(
  source: Source,
  backups: readonly Backup[],
  repository: ResticRepository,
  refuseIfEnding: Tools["refuseIfEnding"] = () => {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const seconds = stopwatch();
  const physical = source instanceof PhysicalPostgresql ? await source.readBack(backups, repository) : undefined;
  for (const backup of backups) {
    const reasons = physical
      ? (physical.get(backup.id) ?? [])
      : await repository.check(backup.locator).then(() => [], reasonsOf);
    const verdict = verdictOf(backup, "read", seconds(), reasons);
    refuseIfEnding(); // a tool that was ended says nothing of the backup
    await repository.writeVerdict(verdict);
    verdicts.push(verdict);
  }
  return verdicts;
}

/** Restores a backup into a scratch server, and writes what came of it. */
export async function prove(
  source: Source,
  backup: Backup,
  repository: ResticRepository,
  tools: Tools,
): Promise<Verdict> {
  const verdict = await staged(tools.scratchFolder, source.name, (folder) =>
    source.prove(backup, repository, folder, tools.onProgress),
  );
  tools.refuseIfEnding?.();
  await repository.writeVerdict(verdict);
  return verdict;
}

/** Lets go of what the plan does not keep. What will go is said before it goes. The one just taken, `taken`, stays. */
export async function applyRetention(
  { source, entry }: Protected,
  repository: ResticRepository,
  log: Log,
  now = new Date(),
  taken?: string,
): Promise<readonly string[]> {
  const known = await repository.list(source.name);
  if (repository.damage.length > 0) {
    log.warn("retention-skipped", { repository: repository.name, reason: repository.damage.join("; ") });
    return [];
  }
  const { retention } = entry;
  const most = repository.name === "own" ? (retention.local ?? retention.remote) : retention.remote;
  const { goes, stays } = decide(known, { ...retention, remote: most }, now, taken);
  if (goes.length > 0)
    log.info("retention-decided", {
      source: source.name,
      repository: repository.name,
      goes: goes.map(({ id }) => id),
      stays: stays.length,
    });
  const { removed, refused } = await repository.forget(goes);
  if (refused.length > 0) log.warn("retention-refused", { repository: repository.name, refused });
  if (source instanceof PhysicalPostgresql) {
    const named = new Set((await repository.list(source.name)).map(({ backup }) => backup.locator));
    const gone = new Set(goes.filter(({ id }) => removed.includes(id)).map(({ locator }) => locator));
    const labels = await source.labels(repository);
    const old = (seconds: number) => now.getTime() - seconds * 1000 > DAY_MS;
    // A label that no backup names was left by a process that was killed; what a named one builds on is needed all the same.
    const needed = new Set(labels.filter(({ label }) => named.has(label)).flatMap(({ reference }) => reference ?? []));
    const going = labels.filter(
      ({ label, timestamp }) => !named.has(label) && !needed.has(label) && (gone.has(label) || old(timestamp.stop)),
    );
    if (going.length > 0)
      await source.expire(
        going.map(({ label }) => label),
        repository,
      );
  }
  await repository.sweep(now);
  if (removed.length > 0 && !(source instanceof PhysicalPostgresql))
    await repository
      .prune()
      .catch((error: Error) => log.warn("prune-refused", { repository: repository.name, reason: error.message }));
  return removed;
}
