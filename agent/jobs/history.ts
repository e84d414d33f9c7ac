import type { History } from "../api/ports";
import type { Known, ReadableRepository } from "../contract";
import { RepositoryError } from "../repository/refusal";
import { merged } from "./known";
import type { Setup } from "./setup";

type Found = Readonly<Record<string, readonly Known[]>>;

/** What the site's repositories hold, and the copies of other sites' buckets that lie here. Throws if none can be read. */
export async function readHistory(setup: Setup): Promise<History> {
  const own = await readAll(setup, setup.repositories);
  const others = await readAll(setup, setup.inherited);
  const held = merged({ ...own.found, ...others.found });
  if (Object.keys(own.found).length === 0 && own.faults.length > 0 && held.length === 0)
    throw new Error(["no repository can be read", ...own.faults, ...others.faults].join("\n"));
  const isOwn = (name: string) => name in own.found;
  return {
    held: held.map((one) => (one.repositories.some(isOwn) ? one : { ...one, inherited: true })),
    unread: others.faults,
  };
}

async function readAll(
  { log, redactor }: Pick<Setup, "log" | "redactor">,
  repositories: readonly ReadableRepository[],
): Promise<{ readonly found: Found; readonly faults: readonly string[] }> {
  const found: Record<string, readonly Known[]> = {};
  const faults: string[] = [];
  for (const repository of repositories)
    try {
      found[repository.name] = await repository.list();
    } catch (error) {
      // Before its first backup a repository is not there: it holds nothing.
      if (error instanceof RepositoryError && error.fault === "missing") {
        found[repository.name] = [];
        continue;
      }
      const reason = redactor.text((error as Error).message);
      log.warn("repository-not-read", { repository: repository.name, reason });
      faults.push(reason);
    }
  return { found, faults };
}
