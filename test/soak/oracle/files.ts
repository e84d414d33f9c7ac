import { existsSync } from "node:fs";
import * as path from "node:path";
import { makeFolder } from "../../../engines/files";
import type { RepositoryName, System } from "../system";
import { treeOf } from "../writers/files";
import { restic, type Claim } from "./tools";

/** The tree of a backup: checksums by path below the plan's files. */
export async function filesOf(
  system: System,
  repository: RepositoryName,
  claim: Claim,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  makeFolder(folder);
  await restic(system, repository, "restore", claim.locator, "--target", folder);
  const root = path.join(folder, system.files);
  return existsSync(root) ? treeOf(root) : new Map();
}
