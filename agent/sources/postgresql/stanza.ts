import { existsSync } from "node:fs";
import * as path from "node:path";
import { makeFolder, writeWhole } from "../../../engines/files";
import { recoveryMark } from "../../../engines/postgres/cluster";
import { connected, serverState } from "../../../engines/postgres/sql";
import type { PhysicalOptions } from "../postgresql-physical";
import { info, pgbackrest, type Info, type Stanza } from "./pgbackrest";

/** The archive of a source beside a repository of that name. Throws if there is none, or its bucket is not there. */
export function stanzaIn({ name: source, archives, workFolder, stanza }: PhysicalOptions, name: string): Stanza {
  const repository = archives[name];
  if (repository === undefined) throw new Error(`${source}: there is no archive beside the repository ${name}`);
  const folder = typeof repository === "function" ? undefined : repository["path"];
  if (folder !== undefined && !existsSync(path.dirname(folder)))
    throw new Error(`${source}: the bucket ${path.dirname(folder)} is not there`);
  const configFile = path.join(workFolder, `${source}-${name}.conf`);
  return { ...stanza, repository, configFile };
}

/** Below the work folder, by repository: which archives were seen there. */
export const KNOWN = "known";

/** Makes the stanza in a repository, if it is not there: before that, the server cannot ship WAL to it. */
export async function prepare(options: PhysicalOptions, repository: string): Promise<void> {
  const stanza = stanzaIn(options, repository);
  const note = path.join(options.workFolder, KNOWN, repository, stanza.name);
  // Under a lock of its own: the one of the server's archiver would make that wait for a minute.
  const apart = `--lock-path=${makeLock(options.workFolder)}`;
  const found = await info(stanza);
  if (found) {
    if (!existsSync(note)) {
      makeFolder(path.dirname(note));
      writeWhole(note, `${stanza.name}\n`);
    }
    if (await isAnotherCluster(options, found)) await pgbackrest(stanza, ["stanza-upgrade", apart]);
    return;
  }
  if (existsSync(note))
    throw new Error(
      `${options.name}: the archive ${stanza.name} was in ${repository} and is gone; an empty one must not take its place silently. If it is lost for good, remove ${note}`,
    );
  await pgbackrest(stanza, ["stanza-create", apart]);
}

/** One that was recovered from a dump is: its archive goes on with it, and keeps what it has. Any other is a mistake. */
async function isAnotherCluster({ endpoint, stanza }: PhysicalOptions, { db }: Info): Promise<boolean> {
  if (!existsSync(recoveryMark(stanza.dataFolder))) return false;
  const { systemIdentifier } = await connected(endpoint, serverState);
  return db.at(-1)?.["system-id"] !== systemIdentifier;
}

const makeLock = (folder: string) => {
  const lock = path.join(folder, "lock");
  makeFolder(lock);
  return lock;
};
