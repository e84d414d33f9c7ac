import type { Holds } from "../holds";
import type { Journal } from "../journal";
import type { Judgement } from "../ledger";
import { SOURCES, type SourceName } from "../plan";
import type { Random } from "../../helpers/random";
import { REPOSITORIES, type RepositoryName, type System } from "../system";
import { judge, judgeMoment, type Ledgers } from "./judge";
import { claims, type Claim } from "./tools";

/** Judges by the data alone what the agent called verified. */
export interface Oracle {
  /** One backup of each source, from a repository that nobody damages just now; and one moment of PostgreSQL's. */
  readonly round: () => Promise<void>;
  /** Everything, in both repositories. Answers the newest verified backups. */
  readonly last: () => Promise<void>;
  readonly judged: ReadonlyMap<string, { restores: number; compared: number }>;
}

interface OracleDeps {
  readonly system: System;
  readonly ledgers: Ledgers;
  readonly holds: Holds;
  readonly journal: Journal;
  readonly random: Random;
}

/** How old a moment must be to lie in the archive for sure: two archive timeouts, and the way there. */
const ARCHIVED_MS = 90_000;

export function makeOracle({ system, ledgers, holds, journal, random }: OracleDeps): Oracle {
  const judged = new Map<string, { restores: number; compared: number }>();

  async function compare(what: string, source: string, look: () => Promise<Judgement>): Promise<void> {
    const began = Date.now();
    const { compared, wrong } = await look().catch(
      // A prune may have moved data between the list and the restore: what is really gone is gone the second time too.
      () => look().catch((error: Error): Judgement => ({ compared: 0, wrong: [error.message] })),
    );
    const { restores, compared: before } = judged.get(source) ?? { restores: 0, compared: 0 };
    judged.set(source, { restores: restores + 1, compared: before + compared });
    journal.tell("judged", { what, compared, seconds: Math.round((Date.now() - began) / 1000) });
    if (wrong.length > 0) journal.violate("wrongly reported", `${what} was called verified\n  ${wrong.join("\n  ")}`);
  }

  const newestOf = (all: readonly Claim[], source: SourceName) =>
    all.findLast((claim) => claim.source === source && claim.isVerified);

  async function one(repository: RepositoryName, source: SourceName): Promise<boolean> {
    const claim = newestOf(await claims(system, repository), source);
    if (!claim) return false;
    await compare(`${claim.id} in ${repository}`, source, () => judge(system, ledgers, repository, claim));
    return true;
  }

  async function moment(repository: RepositoryName): Promise<void> {
    const latest = Date.now() - ARCHIVED_MS;
    const isOld = ({ source, isVerified, endedAt }: Claim) =>
      source === "postgres" && isVerified && Date.parse(endedAt) < latest;
    const claim = (await claims(system, repository)).findLast(isOld);
    if (!claim || holds.hurtAt(repository) > latest) return;
    const time = new Date(random.between(Date.parse(claim.endedAt) + 1, latest));
    await compare(`postgres at ${time.toISOString()} from ${claim.id} in ${repository}`, "postgres at a time", () =>
      judgeMoment(system, ledgers, repository, claim, time),
    );
  }

  async function holding(repository: RepositoryName, work: () => Promise<unknown>): Promise<boolean> {
    const release = holds.tryHold(repository);
    if (!release) return false;
    try {
      await work();
    } catch (error) {
      journal.tell("oracle-failed", { repository, reason: (error as Error).message });
    } finally {
      release();
    }
    return true;
  }

  return {
    judged,
    async round() {
      for (const source of random.shuffled(SOURCES))
        for (const repository of random.shuffled(REPOSITORIES))
          if (await holding(repository, () => one(repository, source))) break;
      for (const repository of random.shuffled(REPOSITORIES))
        if (await holding(repository, () => moment(repository))) break;
    },
    async last() {
      for (const repository of REPOSITORIES) {
        const release = await holds.hold(repository);
        for (const source of SOURCES)
          if (!(await one(repository, source)))
            journal.violate("lost", `${repository} has no verified backup of ${source}`);
        await moment(repository);
        release();
      }
    },
  };
}
