import { type Backup, type Verdict } from "../contract";
import type { ResticRepository } from "../repository/restic";
import { lookAt } from "./look";
import type { Work } from "./queue";
import { sourceOf, toolsOf, type Named, type Setup } from "./setup";
import { prove, readBack } from "./work";

/** Reads every backup of a source back, in every repository, and looks whether the repositories themselves are whole. */
export const verifyIntegrity = (setup: Setup, one: Named, work: Work) =>
  verified(setup, one, async (repository) => {
    const backups = (await repository.list(one.name)).map(({ backup }) => backup);
    if (backups.length === 0) return [];
    const broken = await repository.checkStructure().then(
      () => [],
      (error: Error) => [error.message],
    );
    work.refuseIfEnding();
    const verdicts = await readBack(one.source, backups, repository, work.refuseIfEnding);
    verdicts.forEach((verdict) =>
      count(
        setup,
        one,
        backups.find(({ id }) => id === verdict.backup)!,
        verdict,
      ),
    );
    backups.forEach(({ id }) => work.onBackup(id));
    return [...broken, ...reasonsOf(verdicts)];
  });

/** Restores the newest backup of a source into a scratch server, out of every repository. */
export const verifyByRestore = (setup: Setup, one: Named, work: Work) =>
  verified(setup, one, async (repository) => {
    const newest = (await repository.list(one.name)).at(-1);
    return newest ? reasonsOf([await proven(setup, one, newest.backup, repository, work)]) : [];
  });

/** Proves one backup in every repository that holds it. Throws if nobody does. */
export async function verifyBackup(
  setup: Setup,
  { id, source }: Backup,
  level: Verdict["level"],
  work: Work,
): Promise<void> {
  const one = sourceOf(setup, source);
  let holders = 0;
  await verified(setup, one, async (repository) => {
    const backup = (await repository.list(source)).find((known) => known.backup.id === id)?.backup;
    if (!backup) return [];
    holders++;
    if (level === "restore") return reasonsOf([await proven(setup, one, backup, repository, work)]);
    const verdicts = await readBack(one.source, [backup], repository, work.refuseIfEnding);
    verdicts.forEach((verdict) => count(setup, one, backup, verdict));
    work.onBackup(id);
    return reasonsOf(verdicts);
  });
  if (holders === 0) throw new Error(`no repository that can be read holds ${id}`);
}

/** Goes over all repositories; throws what is wrong in any, each on its own. */
async function verified(
  setup: Setup,
  one: Named,
  work: (repository: ResticRepository) => Promise<readonly string[]>,
): Promise<void> {
  const wrong: string[] = [];
  for (const repository of one.repositories) {
    const reasons = await work(repository).catch((error: Error) => [error.message]);
    wrong.push(...reasons.map((reason) => `${repository.name}: ${reason}`));
  }
  await lookAt(setup, one);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

async function proven(
  setup: Setup,
  one: Named,
  backup: Backup,
  repository: ResticRepository,
  work: Work,
): Promise<Verdict> {
  const verdict = await prove(one.source, backup, repository, toolsOf(setup, work));
  const { level, ...rest } = verdict; // a line of the log has a level of its own
  const about = { source: one.name, repository: repository.name, proof: level };
  const what = level === "restore" ? "restore" : "reading";
  setup.log.info(verdict.verified ? `${what}-proven` : `${what}-failed`, { ...about, ...rest });
  count(setup, one, backup, verdict);
  work.onBackup(backup.id);
  return verdict;
}

const count = ({ metrics }: Setup, { name }: Named, { startedAt }: Backup, { level, verified, seconds }: Verdict) =>
  metrics.verifyEnded({ source: name, level, verified, seconds, backupStartedAt: startedAt });

/** Of those that were proven, a reason is a remark. */
const reasonsOf = (verdicts: readonly Verdict[]) =>
  verdicts.flatMap(({ backup, verified, reasons }) =>
    verified ? [] : [`${backup}: ${reasons.join("; ") || "it could not be proven"}`],
  );
