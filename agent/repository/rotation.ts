import * as path from "node:path";
import { dropOld, key, keyFile, keyState, nextOf, oldOf, putNextInUse } from "../../engines/keys";
import { connected } from "../../engines/postgres/sql";
import type { AgentConfig, RepositoryConfig } from "../config";
import { createRedactor } from "../redaction";
import { secretReader, type ReadSecret } from "../secrets";
import { addArchiveKey, holdsStanza, removeArchiveKey, renewArchiveConfig } from "../sources/postgresql/archive-key";
import type { Stanza } from "../sources/postgresql/pgbackrest";
import { lockSource } from "../sources/postgresql/sentinel";
import { KEYS } from "./key-age";
import { isNotMadeYet } from "./known";
import { RepositoryError } from "./refusal";
import { addKey, removeKey } from "./restic-key";
import { archiveOf, inheritedIn, placeOf } from "./stores";

/** What a rotation did. */
export interface Rotated {
  /** Repositories that the new keys open now. */
  readonly repositories: readonly string[];
  /** Repositories whose store refused to let go of the old key, with the reason: it still opens them. */
  readonly refused: readonly { readonly repository: string; readonly reason: string }[];
  /** Whether it finished what an earlier run had begun. */
  readonly resumed: boolean;
}

/** The part of the agent's configuration that a rotation needs. */
export type RotationConfig = Pick<
  AgentConfig,
  "folder" | "keysFolder" | "secretsFolder" | "repositories" | "inherited" | "sources"
>;

/**
 * Gives every repository a new key and takes the old one away; what was backed up before stays readable. Run again after an
 * interruption, it goes on where it was. Rejects, with both keys still opening everything, if a repository cannot be reached.
 *
 * At each moment the keys in use open everything: the next keys are made, and let in everywhere; they take the place of
 * those in use; the old ones are shut out everywhere, and dropped. Which files lie in the keys' folder says how far it is.
 * No backup of a PostgreSQL server runs meanwhile.
 */
export async function rotateKeys(
  config: RotationConfig,
  tell: (line: string) => void,
  secret: ReadSecret = secretReader(config, createRedactor()),
): Promise<Rotated> {
  const { keysFolder } = config;
  // What another site backed up would be lost with the old keys: in these, keys are the one thing that is written.
  const inherited = inheritedIn(config);
  const repositories = [...config.repositories, ...inherited];
  const holdsNothing = (one: RepositoryConfig, error: unknown) =>
    isNotMadeYet(placeOf(config, one, secret), error) || (inherited.includes(one) && isGone(error));
  const isSwitched = () => KEYS.some((name) => keyState(keysFolder, name) === "old is left");
  const resumed = KEYS.some((name) => keyState(keysFolder, name) !== "in use");
  if (resumed) tell("going on with a rotation that was interrupted");
  return withoutBackups(config, async () => {
    if (!isSwitched()) {
      for (const name of KEYS) {
        key(keysFolder, name);
        key(keysFolder, nextOf(name));
      }
      for (const one of repositories) {
        const place = placeOf(config, one, secret);
        const isThere = await addKey(place, keyFile(keysFolder, nextOf("restic"))).then(
          () => true,
          (error: unknown) => {
            if (holdsNothing(one, error)) return false;
            throw error;
          },
        );
        for (const stanza of stanzasIn(config, one, secret))
          if (await holdsStanza(stanza)) await addArchiveKey(stanza, "repository", nextOf("repository"));
        tell(`${one.name}: ${isThere ? "the new keys open it too" : "holds nothing yet"}`);
      }
    }
    for (const name of KEYS) putNextInUse(keysFolder, name);
    for (const { postgresql } of config.sources)
      if (postgresql) renewArchiveConfig(`${postgresql.workFolder}.conf`, keysFolder);
    tell("the new keys are in use");
    const refused: { repository: string; reason: string }[] = [];
    for (const one of repositories) {
      for (const stanza of stanzasIn(config, one, secret))
        if (await holdsStanza(stanza)) await removeArchiveKey(stanza, oldOf("repository"), "repository");
      const place = placeOf(config, one, secret);
      try {
        await removeKey(place, keyFile(keysFolder, oldOf("restic")));
        tell(`${one.name}: the old keys open it no more`);
      } catch (error) {
        if (holdsNothing(one, error)) continue;
        if (!(error instanceof RepositoryError) || error.fault !== "denied") throw error;
        refused.push({ repository: one.name, reason: error.message });
        tell(`${one.name}: the old key still opens it: ${error.message}`);
      }
    }
    for (const name of KEYS) dropOld(keysFolder, name);
    return { repositories: repositories.map(({ name }) => name), refused, resumed };
  });
}

const isGone = (error: unknown) =>
  error instanceof RepositoryError && (error.fault === "missing" || error.fault === "no-bucket");

function stanzasIn(
  { folder, keysFolder, sources }: RotationConfig,
  one: RepositoryConfig,
  secret: ReadSecret,
): Stanza[] {
  return sources.flatMap(({ name, postgresql }) => {
    if (!postgresql) return [];
    const { stanza, endpoint, dataFolder, socketFolder, workFolder, passFile } = postgresql;
    return {
      ...{ name: stanza, keysFolder, dataFolder, socketFolder, port: endpoint.port, workFolder, passFile },
      ...{
        repository: archiveOf(one, secret),
        configFile: path.join(folder, "pgbackrest", `${name}-${one.name}.rotation.conf`),
      },
    };
  });
}

/** A backup that began with the old key would write what it says of itself with that key. Where no server answers, none runs. */
function withoutBackups<T>({ sources }: RotationConfig, work: () => Promise<T>): Promise<T> {
  const guarded = sources.reduce((inner, { name, entry, postgresql }) => {
    if (!postgresql || entry.engine !== "postgresql") return inner;
    return async () => {
      let isHeld = false;
      try {
        return await connected({ ...postgresql.endpoint, database: entry.database }, async (guard) => {
          await lockSource(guard, name);
          isHeld = true;
          return inner();
        });
      } catch (error) {
        if (isHeld) throw error;
        return inner();
      }
    };
  }, work);
  return guarded();
}
