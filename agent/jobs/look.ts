import { stateOf, type Known } from "../contract";
import { newest, newestVerified } from "./known";
import type { Named, Setup } from "./setup";

/** Asks every repository what it holds of a source. One that cannot be read is a fault, and what it holds is not known. */
export async function lookAt(setup: Setup, { name, repositories }: Named): Promise<void> {
  const { journal } = setup;
  const wasBackedUp = journal.attempts.get(name)?.some(({ ok }) => ok) ?? false;
  const found: Record<string, readonly Known[] | undefined> = {};
  for (const repository of repositories) {
    try {
      found[repository.name] = await repository.list(name);
      journal.clearFault(repository.name, "reading");
    } catch (error) {
      const isNew = repository.isNotMadeYet(error) && !wasBackedUp;
      found[repository.name] = isNew ? [] : undefined;
      if (!isNew) journal.noteFault(repository.name, "reading", setup.redactor.text((error as Error).message));
    }
  }
  journal.known.set(name, found);
  measure(
    setup,
    name,
    Object.values(found).flatMap((known) => known ?? []),
  );
}

/** What the repositories tell stands for what an agent before this one counted. */
function measure({ metrics }: Setup, source: string, all: readonly Known[]): void {
  const last = newest(all);
  if (last) {
    const { type, startedAt, endedAt, bytes } = last.backup;
    const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
    metrics.backupEnded({ source, type, succeeded: true, startedAt, seconds, bytes });
  }
  const proven = newestVerified(all);
  const verdict = proven?.verdicts.at(-1);
  if (proven && verdict) {
    const { level, seconds } = verdict;
    const verified = stateOf(proven) === "verified";
    metrics.verifyEnded({ source, level, verified, seconds, backupStartedAt: proven.backup.startedAt });
  }
}
