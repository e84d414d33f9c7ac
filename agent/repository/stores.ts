import * as path from "node:path";
import { key, keyFile } from "../../engines/keys";
import type { ArchivePlace } from "../../engines/pgbackrest";
import type { AgentConfig, RepositoryConfig } from "../config";
import type { ReadableRepository } from "../contract";
import type { ReadSecret } from "../secrets";
import { archivePlace, parseAddress, resticUrl } from "./address";
import { archiveCredentials, resticEnvironment } from "./credentials";
import { ResticRepository } from "./restic";
import type { ResticPlace } from "./restic-command";

/** How restic reaches a repository of the configuration. Throws if its address is none. */
export function placeOf(
  { folder, keysFolder }: Pick<AgentConfig, "folder" | "keysFolder">,
  { name, bucket, region, caFile }: RepositoryConfig,
  secret: ReadSecret,
): ResticPlace {
  const address = parseAddress(bucket);
  key(keysFolder, "restic");
  return {
    ...{ name, url: resticUrl(address), passwordFile: keyFile(keysFolder, "restic") },
    cacheFolder: path.join(folder, "cache"),
    environment: () => resticEnvironment({ name, address, ...(region ? { region } : {}) }, secret),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

export const repositoryOf = (...of: Parameters<typeof placeOf>) => new ResticRepository(placeOf(...of));

/** The copies of other sites' buckets as repositories: `own` and the sites' names are those that are written. */
export const inheritedIn = ({ inherited = [] }: Pick<AgentConfig, "inherited">): readonly RepositoryConfig[] =>
  inherited.map((one) => ({ ...one, name: `copy-of-${one.name}` }));

/** A repository that cannot be written, whoever has it. */
export function readOnly(...of: Parameters<typeof placeOf>): ReadableRepository {
  const it = repositoryOf(...of);
  return {
    ...{ name: it.name, url: it.url },
    list: (source) => it.list(source),
    readStream: (locator, name, consume) => it.readStream(locator, name, consume),
    restorePaths: (locator, into, onProgress) => it.restorePaths(locator, into, onProgress),
  };
}

/** How pgBackRest reaches the repository beside it. The credentials are read at each use. */
export function archiveOf(one: RepositoryConfig, secret: ReadSecret): ArchivePlace {
  const address = parseAddress(one.bucket);
  if (address.store === "folder") return { path: path.join(address.folder, "pgbackrest") };
  return () => ({ ...archivePlace(address, one), ...archiveCredentials(one.name, address, secret) });
}
