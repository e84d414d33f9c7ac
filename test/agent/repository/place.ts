import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { ResticRepository } from "../../../agent/repository/restic";
import { makeFolder, own, writeWhole } from "../../../engines/files";
import { run } from "../../../engines/run";
import type { ResticPlace } from "../../../agent/repository/restic-command";
import type { Backup } from "../../../agent/contract";

/** The password of all repositories of the tests. */
export const PASSWORD = "a key of the tests\n";

/** A repository in a bucket folder of its own, below a temporary folder. */
export function placeIn(folder: string, name = "own"): ResticPlace {
  const passwordFile = path.join(folder, "restic.key");
  makeFolder(folder, 0o755);
  writeWhole(passwordFile, PASSWORD);
  makeFolder(path.join(folder, name));
  return {
    name,
    url: path.join(folder, name, "restic"),
    passwordFile,
    cacheFolder: path.join(folder, "cache"),
    lockWaitMs: 30_000,
  };
}

export async function openIn(folder: string, name = "own"): Promise<ResticRepository> {
  const place = placeIn(folder, name);
  await copyEmpty(place.url);
  const repository = new ResticRepository(place);
  await repository.open();
  return repository;
}

let empty: Promise<string> | undefined;

/** Copies an empty repository there, unless there is one: making one takes seconds, so it is made once. */
export async function copyEmpty(url: string): Promise<void> {
  empty ??= (async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "dr-empty-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    own(folder);
    const place = placeIn(folder);
    await new ResticRepository(place).open();
    return place.url;
  })();
  if (!existsSync(url)) await run("cp", ["--archive", "--no-target-directory", await empty, url]);
}

/** A backup of nothing, for lists. */
export function backupOf(id: string, changes: Partial<Backup> = {}): Backup {
  return {
    ...{ format: 1, id, plan: "shop", site: "prod", source: "orders", engine: "files", kind: "files", type: "full" },
    ...{ trigger: "manual", startedAt: "2027-01-01T00:00:00.000Z", endedAt: "2027-01-01T00:00:01.000Z" },
    ...{ bytes: { source: 1, stored: 1 }, counts: {}, locator: "00000000", tools: {}, details: {} },
    ...changes,
  };
}
