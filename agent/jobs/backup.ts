import type { BackupRequest, Known } from "../contract";
import { RepositoryError } from "../repository/refusal";
import type { ResticRepository } from "../repository/restic";
import { PhysicalPostgresql } from "../sources/postgresql-physical";
import { lookAt } from "./look";
import { EndingError, type Work } from "./queue";
import { toolsOf, type Named, type Setup } from "./setup";
import { applyRetention, publish, takeBackup } from "./work";

const MANY_COPIES = 60;

/** A backup that some repositories did not get. */
export class BackupError extends Error {
  constructor(
    source: string,
    readonly failed: readonly ResticRepository[],
    of: number,
    reasons: readonly string[],
  ) {
    super(`${source}: the backup failed in ${failed.length} of ${of} repositories\n${reasons.join("\n")}`);
  }
}

/** Takes a backup into each repository on its own: one lost bucket must not cost the other its backup. */
export async function backUp(
  setup: Setup,
  one: Named,
  request: BackupRequest,
  into: readonly ResticRepository[],
  work: Work,
): Promise<void> {
  const { journal, redactor } = setup;
  const failed: ResticRepository[] = [];
  const reasons: string[] = [];
  await refuseUnlessLive(setup, one.name);
  await prepareAll(one);
  for (const repository of into) {
    work.refuseIfEnding();
    try {
      await takeInto(setup, one, request, repository, work);
    } catch (error) {
      if (error instanceof EndingError) throw error;
      work.refuseIfEnding(); // it failed because its tools were ended
      const reason = redactor.text((error as Error).message);
      failed.push(repository);
      reasons.push(`${repository.name}: ${reason}`);
      if (error instanceof RepositoryError) journal.noteFault(repository.name, "writing", reason);
      setup.log.error("backup-failed", { source: one.name, type: request.type, repository: repository.name, reason });
    }
  }
  journal.note(one.name, failed.length === 0 ? { ok: true } : { ok: false, reason: reasons.join("\n") });
  await lookAt(setup, one);
  await lookForGaps(setup, one);
  if (failed.length > 0) throw new BackupError(one.name, failed, into.length, reasons);
}

/**
 * Makes the server's archive wherever it is not there yet, before anything else: until then no WAL leaves the server, and it
 * cannot be demoted without a wait for its archiver.
 */
async function prepareAll({ source, repositories }: Named): Promise<void> {
  if (!(source instanceof PhysicalPostgresql)) return;
  // What is wrong with one is said by the backup that goes there.
  for (const { name } of repositories) await source.prepare(name).catch(() => {});
}

async function takeInto(
  setup: Setup,
  one: Named,
  request: BackupRequest,
  repository: ResticRepository,
  work: Work,
): Promise<void> {
  const { log, metrics, journal } = setup;
  const where = { source: one.name, repository: repository.name };
  const startedAt = new Date().toISOString();
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1000;
  let taken: string;
  log.info("backup-started", { ...where, type: request.type });
  try {
    // Everything would be read again for each small change: what is kept of such copies is read by the plan's next check.
    const copies = request.trigger === "change";
    const { backup, verdict } = copies
      ? { backup: await publish(one, request, repository, toolsOf(setup, work)) }
      : await takeBackup(one, request, repository, toolsOf(setup, work));
    const { id, type, bytes } = backup;
    taken = id;
    work.onBackup(id);
    if (verdict) log.info("backup-verified", { ...where, id, type, bytes, proof: "read" });
    else log.info("backup-taken", { ...where, id, type, bytes });
    const about = { source: one.name, backupStartedAt: backup.startedAt };
    if (verdict) metrics.verifyEnded({ ...about, level: "read", verified: verdict.verified, seconds: verdict.seconds });
    metrics.backupEnded({
      ...{ source: one.name, type, succeeded: true, startedAt: backup.startedAt, seconds: seconds(), bytes },
    });
  } catch (error) {
    metrics.backupEnded({
      ...{ source: one.name, type: request.type, succeeded: false, startedAt, seconds: seconds() },
    });
    throw error;
  }
  journal.clearFault(repository.name, "writing");
  if (request.trigger === "change" && !isCrowded(journal.known.get(one.name)?.[repository.name])) return;
  // The backup is taken and proven, whatever becomes of old ones.
  await applyRetention(one, repository, log, new Date(), taken).catch((error: Error) => {
    work.refuseIfEnding();
    log.error("retention-failed", { ...where, reason: error.message });
  });
}

/** Letting go of old copies costs more than a small copy: it waits until there are many. */
const isCrowded = (known: readonly Known[] = []) =>
  known.filter(({ backup }) => backup.trigger === "change").length >= MANY_COPIES;

async function refuseUnlessLive(setup: Setup, source: string): Promise<void> {
  let refusal: string | undefined;
  try {
    refusal = await setup.permission.ask();
  } catch (error) {
    setup.journal.note(source, { ok: false, reason: (error as Error).message });
    throw error;
  }
  if (refusal !== undefined) throw new Error(`no backup is written: ${refusal}`);
}

/** WAL that is missing in any repository since the oldest backup that it keeps. */
async function lookForGaps({ journal, metrics, log }: Setup, { name, source, repositories }: Named): Promise<void> {
  if (!(source instanceof PhysicalPostgresql)) return;
  const missing = new Set<string>();
  for (const repository of repositories) {
    const [oldest] = journal.known.get(name)?.[repository.name] ?? [];
    if (!oldest) continue;
    try {
      for (const segment of await source.walGaps(repository, oldest.backup)) missing.add(segment);
    } catch (error) {
      log.warn("wal-not-looked-at", { source: name, repository: repository.name, reason: (error as Error).message });
    }
  }
  journal.noteGap(name, [...missing]);
  metrics.walGap(name, missing.size > 0);
}
