import { existsSync, readFileSync } from "node:fs";
import { writeWhole } from "../../../engines/files";
import { key } from "../../../engines/keys";
import { RunError } from "../../../engines/run";
import { pgbackrest, type Stanza } from "./pgbackrest";

/**
 * pgBackRest has no command that changes a key. The key that it is given encrypts two files and their copies, which hold the
 * keys of everything else; it reads a copy where the file itself cannot be read. So the copies are written anew with the
 * next key first: both keys open the repository then. The files themselves follow once the next key is in use.
 */
const files = ({ name }: Stanza) => [`archive/${name}/archive.info`, `backup/${name}/backup.info`];
const copies = (stanza: Stanza) => files(stanza).map((file) => `${file}.copy`);

/** What a file says, read with a key; undefined if that key does not open it. Rejects if it is not there. */
async function read(stanza: Stanza, keyName: string, file: string): Promise<string | undefined> {
  try {
    const text = await pgbackrest({ ...stanza, keyName }, ["repo-get", file]);
    // One wrong key in 256 ends in bytes that look like padding.
    return text.includes("backrest-checksum=") ? text : undefined;
  } catch (error) {
    if (error instanceof RunError && /CryptoError|unable to flush|decrypt/.test(error.message)) return undefined;
    throw error;
  }
}

async function rewrap(stanza: Stanza, from: string, to: string, file: string): Promise<void> {
  if ((await read(stanza, to, file)) !== undefined) return;
  const text = await read(stanza, from, file);
  if (text === undefined) throw new Error(`${file}: neither the key in use nor the one beside it opens it`);
  await pgbackrest({ ...stanza, keyName: to }, ["repo-put", file], undefined, { input: text });
  if ((await read(stanza, to, file)) !== text)
    throw new Error(`${file}: was written with the new key and cannot be read with it`);
}

/** Whether a repository holds this stanza at all. */
export async function holdsStanza(stanza: Stanza): Promise<boolean> {
  const listed = await pgbackrest(stanza, ["--output=json", "repo-ls", `archive/${stanza.name}`]);
  return "archive.info" in (JSON.parse(listed) as object);
}

/** Lets another key open a repository too. */
export async function addArchiveKey(stanza: Stanza, keyName: string, nextName: string): Promise<void> {
  for (const file of copies(stanza)) await rewrap(stanza, keyName, nextName, file);
}

/** Takes a key away: from then on only the one in use opens the repository. */
export async function removeArchiveKey(stanza: Stanza, oldName: string, keyName: string): Promise<void> {
  for (const file of [...files(stanza), ...copies(stanza)]) await rewrap(stanza, oldName, keyName, file);
}

/** Gives the configuration that a server ships WAL by the key in use. Its next segment goes by it; no restart is needed. */
export function renewArchiveConfig(configFile: string, keysFolder: string): void {
  if (!existsSync(configFile)) return;
  const text = readFileSync(configFile, "utf8");
  const renewed = text.replaceAll(/^(repo\d+-cipher-pass=).*$/gm, `$1${key(keysFolder, "repository")}`);
  if (renewed !== text) writeWhole(configFile, renewed);
}
