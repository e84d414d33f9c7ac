import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { own } from "../../../engines/files";
import { judgeItems, judgeTree, type Change, type Judgement, type Window } from "../ledger";
import { SETTINGS, UPLOADS, type SourceName } from "../plan";
import type { RepositoryName, System } from "../system";
import type { TreeWriter } from "../writers/files";
import type { Items } from "../writers/writing";
import { filesOf } from "./files";
import { documentsOf } from "./mongodb";
import { rowsOfDump, rowsOfPhysical } from "./postgresql";
import { keysOf } from "./redis";
import type { Claim } from "./tools";

/** What was really written, by source. */
export interface Ledgers {
  readonly rows: Items;
  readonly documents: Items;
  readonly keys: Items;
  readonly uploads: Pick<TreeWriter, "changes">;
  readonly settings: Pick<TreeWriter, "changes">;
}

/** Restores a backup without the agent and compares it with what was written. */
export function judge(system: System, ledgers: Ledgers, repository: RepositoryName, claim: Claim): Promise<Judgement> {
  const window: Window = { fromMs: Date.parse(claim.startedAt), toMs: Date.parse(claim.endedAt) + 1 };
  const { rows, documents, keys, uploads, settings } = ledgers;
  const tree = async (changes: readonly Change[], folder: string) =>
    judgeTree(changes, await filesOf(system, repository, claim, folder), window);
  return inScratch(async (folder) => {
    const into = path.join(folder, "restored");
    switch (claim.source as SourceName) {
      case "postgres":
        return judgeItems(rows.all, await rowsOfPhysical(system, repository, claim, into), window);
      case "postgres.dump":
        return judgeItems(rows.all, await rowsOfDump(system, repository, claim, into), window);
      case "mongo":
        return judgeItems(documents.all, await documentsOf(system, repository, claim, into), window);
      case "redis":
        return judgeItems(keys.all, await keysOf(system, repository, claim, into), window);
      case "uploads":
        return tree(uploads.changes, into);
      case "settings":
        return tree(settings.changes, into);
    }
  });
}

/** The same for a moment between backups: what was committed before it, and nothing that was sent after it. */
export function judgeMoment(
  system: System,
  ledgers: Ledgers,
  repository: RepositoryName,
  claim: Claim,
  time: Date,
): Promise<Judgement> {
  const window = { fromMs: time.getTime(), toMs: time.getTime() };
  return inScratch(async (folder) =>
    judgeItems(ledgers.rows.all, await rowsOfPhysical(system, repository, claim, path.join(folder, "r"), time), window),
  );
}

/** Whether a tree on this machine is what it was at some moment of a backup. */
export const judgeRestored = (changes: readonly Change[], found: ReadonlyMap<string, string>, claim: Claim) =>
  judgeTree(changes, found, { fromMs: Date.parse(claim.startedAt), toMs: Date.parse(claim.endedAt) + 1 });

/** Which of the plan's paths belong to a source. */
export const pathsOf = (source: "uploads" | "settings") => (source === "uploads" ? [UPLOADS] : SETTINGS);

async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "soak-"));
  own(folder);
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
