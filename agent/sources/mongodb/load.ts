import type { Db, Document } from "mongodb";
import type { OnProgress } from "../../contract";
import type { Connected } from "./connection";
import { readDocuments, type DumpedCollection } from "./folder";
import { SENTINEL } from "./layout";
import { insertRaw } from "./raw-insert";

export interface LoadOptions {
  /** Whether a collection that is there is dropped first. */
  readonly drop: boolean;
  /** Another name for the one database that the dump holds.  @default - the names in the dump */
  readonly into?: string;
}

/** Brings a dump's collections into a server: options, documents, then indexes. Throws, after all that could be done is
 *  done, with everything that was refused. */
export async function load(
  { client, release }: Connected,
  collections: readonly DumpedCollection[],
  { drop, into }: LoadOptions,
  onProgress: OnProgress,
): Promise<void> {
  const refusals: string[] = [];
  let bytes = 0;
  for (const collection of collections) {
    const db = client.db(into ?? collection.database);
    const label = `${db.databaseName}.${collection.metadata.collectionName}`;
    if (collection.metadata.type === "timeseries" && release >= 8.3)
      throw new Error(`${label} is a time series in buckets, which MongoDB ${release} does not take any more`);
    const ours = collection.metadata.collectionName === SENTINEL;
    const fresh = await makeCollection(db, collection.metadata, drop || ours);
    if (!collection.file) continue;
    const inserted = await loadDocuments(db, collection, (size) => onProgress({ bytes: bytes + size, phase: label }));
    bytes += inserted.bytes;
    refusals.push(...inserted.refusals.map((refusal) => `${label}: ${refusal}`));
    for (const refusal of await buildIndexes(db, collection.metadata)) refusals.push(`${label}: ${refusal}`);
    if (fresh && collection.metadata.type !== "timeseries") {
      const there = await db.collection(collection.metadata.collectionName).countDocuments({});
      if (there !== inserted.count) refusals.push(`${label}: ${inserted.count} documents went in, ${there} are there`);
    }
  }
  if (refusals.length > 0) throw new Error(["the restore is not complete", ...refusals].join("\n  "));
}

/** Makes the collection as it was. Answers whether it is a new one. */
async function makeCollection(db: Db, metadata: DumpedCollection["metadata"], drop: boolean): Promise<boolean> {
  const { collectionName, options, indexes } = metadata;
  const [present] = await db.listCollections({ name: collectionName }, { nameOnly: true }).toArray();
  if (present && !drop) return false;
  if (present) await db.dropCollection(collectionName);
  const { autoIndexId: _old, ...rest } = options;
  // The index of `_id` has options (a collation) only from the moment at which the collection is made.
  const own = indexes.find(({ name }) => name === "_id_");
  const special = own && !("clusteredIndex" in rest) && Object.keys(own).some((key) => !PLAIN.has(key));
  await db.command({ create: collectionName, ...rest, ...(special ? { idIndex: withoutNamespace(own) } : {}) });
  return true;
}

const PLAIN = new Set(["v", "key", "name", "ns"]);

async function loadDocuments(
  db: Db,
  { file, label, metadata, database }: DumpedCollection,
  onBytes: (bytes: number) => void,
): Promise<{ readonly bytes: number; readonly count: number; readonly refusals: readonly string[] }> {
  let bytes = 0;
  const options = "validator" in metadata.options ? { bypassDocumentValidation: true } : {};
  const source = label!.slice(database.length + 1);
  const { inserted, refused, firstRefusal } = await insertRaw(db, source, readDocuments(file!), options, (size) =>
    onBytes((bytes += size)),
  );
  const refusals = refused > 0 ? [`${refused} of ${inserted + refused} documents were refused: ${firstRefusal}`] : [];
  return { bytes, count: inserted, refusals };
}

/** Builds all indexes but that of `_id`, one by one, so that each that is refused is named. */
async function buildIndexes(db: Db, { collectionName, indexes }: DumpedCollection["metadata"]): Promise<string[]> {
  const refusals: string[] = [];
  for (const index of indexes) {
    if (index.name === "_id_" || "clustered" in index) continue;
    try {
      await db.command({ createIndexes: collectionName, indexes: [withoutNamespace(index)] });
    } catch (error) {
      refusals.push(`index ${String(index.name)} was refused: ${(error as Error).message}`);
    }
  }
  return refusals;
}

/** Without what the server gives by itself: the version of the index, and the name of its collection. */
function withoutNamespace({ v: _version, ns: _namespace, ...index }: Document): Document {
  return index;
}
