import { createReadStream, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { BSON } from "mongodb";
import { BsonError, checkDocument, documentsOf } from "./bson-bytes";
import { dataCollection, fileNameOf, METADATA, PRELUDE, readMetadata, SENTINEL, type Metadata } from "./layout";

/** One collection of a dump that lies in a folder. */
export interface DumpedCollection {
  readonly database: string;
  readonly metadata: Metadata;
  /** `<database>.<collection that holds the documents>`; undefined for a view. */
  readonly label?: string;
  readonly file?: string;
}

const CHUNK = 1024 * 1024;

/** Finds the dump somewhere below a folder: a repository brings it back with the path that it had. */
export function findDump(folder: string): string {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(({ name }) => name === PRELUDE);
  if (found.length !== 1) throw new Error(`${found.length} dumps of MongoDB were brought back into ${folder}, not one`);
  return found[0]!.parentPath;
}

/** What a restore brings back: not who may log in, which is the server's own and no data that was lost. */
export const isRestored = (label: string) => !label.startsWith("admin.system.");

/** All collections of a dump; views last, for they need what they look at. */
export function collectionsOf(dump: string): DumpedCollection[] {
  const databases = readdirSync(dump, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const all = databases.flatMap(({ name: database }) =>
    readdirSync(path.join(dump, database))
      .filter((name) => name.endsWith(METADATA))
      .sort()
      .map((name): DumpedCollection => {
        const file = path.join(dump, database, name);
        const metadata = readFaithfully(file);
        const data = dataCollection(metadata);
        if (data === undefined) return { database, metadata };
        return {
          ...{ database, metadata, label: `${database}.${data}` },
          file: path.join(dump, database, `${fileNameOf(data)}.bson`),
        };
      }),
  );
  return [...all.filter(({ file }) => file), ...all.filter(({ file }) => !file)];
}

function readFaithfully(file: string): Metadata {
  try {
    return readMetadata(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file} is no metadata of a collection: ${(error as Error).message}`, { cause: error });
  }
}

/** The documents of a dumped collection, each checked to its last byte. */
export async function* readDocuments(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const document of documentsOf(createReadStream(file, { highWaterMark: CHUNK }))) {
      checkDocument(document);
      yield document;
    }
  } catch (error) {
    if (error instanceof BsonError) throw new Error(`${path.basename(file)}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** What reading a whole dump found. */
export interface Walked {
  readonly counts: Readonly<Record<string, number>>;
  readonly sentinels: readonly string[];
}

/** Reads every document of a dump to its end and counts. Throws on the first byte that is wrong. */
export async function walkDump(dump: string, onBytes: (bytes: number) => void = () => {}): Promise<Walked> {
  const counts: Record<string, number> = {};
  const sentinels: string[] = [];
  let bytes = 0;
  for (const { file, label, metadata } of collectionsOf(dump)) {
    if (!file || !label) continue;
    counts[label] = 0;
    for await (const document of readDocuments(file)) {
      counts[label]++;
      bytes += document.length;
      if (metadata.collectionName === SENTINEL) sentinels.push(String(BSON.deserialize(document).value));
    }
    onBytes(bytes);
  }
  return { counts, sentinels };
}

/** Every difference between counts, for a person. */
export function differences(
  expected: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return names.flatMap((name) => {
    if (expected[name] === found[name]) return [];
    return [`${name}: ${expected[name] ?? "no collection"} was backed up, ${found[name] ?? "no collection"} came back`];
  });
}
