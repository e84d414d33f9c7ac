import { mkdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import * as path from "node:path";
import { BSON, MongoServerError, type Binary, type ClientSession, type Db, type Document } from "mongodb";
import { own } from "../../../engines/files";
import type { OnProgress } from "../../contract";
import type { Connected } from "./connection";
import { BUCKETS, exactly, fileNameOf, isLeftOut, METADATA, metadataText, PRELUDE, SENTINEL } from "./layout";

/** Bytes that are gathered before they are written. */
const WRITE_SIZE = 1024 * 1024;
const BATCH = 1_000;
/** What a server says that cannot read this at a snapshot: a standalone, a capped collection before 8.0. */
const NO_SNAPSHOT = new Set([20, 72, 115, 246, 263]);

export interface Dumped {
  readonly bytes: number;
  /** Documents by `<database>.<collection>`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Collections that were read as they were then, though the others are of one moment. */
  readonly live: readonly string[];
}

/** A session in which everything is read as of one moment; undefined where the server does not promise it. */
export async function openSnapshot({ client }: Connected, database: string): Promise<ClientSession | undefined> {
  const session = client.startSession({ snapshot: true });
  try {
    await client.db(database).collection(SENTINEL).find({}, { session, limit: 1 }).toArray();
    if ((session as { snapshotTime?: unknown }).snapshotTime) return session; // the server told the moment
  } catch (error) {
    if (!refusesSnapshot(error)) throw error;
  }
  await session.endSession();
  return undefined;
}

const refusesSnapshot = (error: unknown) => error instanceof MongoServerError && NO_SNAPSHOT.has(Number(error.code));

/** Writes databases into a folder in mongodump's layout, one collection after the other, as fast as they are read. */
export async function dump(
  server: Connected,
  databases: readonly string[],
  folder: string,
  session: ClientSession | undefined,
  onProgress: OnProgress,
): Promise<Dumped> {
  const counts: Record<string, number> = {};
  const live: string[] = [];
  let bytes = 0;
  for (const name of databases) {
    const db = server.client.db(name);
    const place = path.join(folder, name);
    mkdirSync(place);
    own(place);
    for await (const raw of db.listCollections({}, { raw: true, nameOnly: false })) {
      const found = BSON.deserialize(raw as unknown as Uint8Array, { promoteValues: false, bsonRegExp: true });
      const collection = found.name as string;
      const type = (found.type as string | undefined) ?? "collection";
      if (isLeftOut(name, collection)) continue;
      refuseUnknown(server, type, `${name}.${collection}`);
      const base = path.join(place, fileNameOf(collection));
      await writeMetadata(db, found, type, `${base}${METADATA}`);
      if (type === "view") {
        exactly(raw as unknown as Uint8Array, `the view ${name}.${collection}`); // the order of a sort has a meaning
        continue;
      }
      const source = type === "timeseries" ? BUCKETS + collection : collection;
      const label = `${name}.${source}`;
      const one = await writeDocuments(db, source, path.join(place, `${fileNameOf(source)}.bson`), session, (size) =>
        onProgress({ bytes: bytes + size, phase: label }),
      );
      counts[label] = one.count;
      bytes += one.bytes;
      if (session && one.live) live.push(label);
    }
  }
  const prelude = path.join(folder, PRELUDE);
  writeFileSync(prelude, JSON.stringify({ ServerVersion: server.version, ToolVersion: "pulumi-dr" }), { mode: 0o600 });
  own(prelude);
  return { bytes, counts, live };
}

function refuseUnknown({ release }: Connected, type: string, label: string): void {
  if (!["collection", "view", "timeseries"].includes(type))
    throw new Error(`${label} is a ${type}, which cannot be backed up yet`);
  if (type === "timeseries" && release >= 8.3)
    throw new Error(`${label} is a time series without buckets (MongoDB 8.3), which cannot be backed up yet`);
}

async function writeMetadata(db: Db, found: Document, type: string, file: string): Promise<void> {
  const collectionName = found.name as string;
  const indexes: Document[] = [];
  if (type !== "view")
    for await (const raw of db.collection(collectionName).listIndexes({ raw: true }))
      indexes.push(exactly(raw as Uint8Array, `an index of ${db.databaseName}.${collectionName}`));
  const id = (found.info as { uuid?: Binary } | undefined)?.uuid;
  const uuid = id?.sub_type === 4 ? Buffer.from(id.value()).toString("hex") : "";
  const options = (found.options as Document | undefined) ?? {};
  writeFileSync(file, metadataText({ options, indexes, uuid, collectionName, type }), { mode: 0o600 });
  own(file);
}

async function writeDocuments(
  db: Db,
  collection: string,
  file: string,
  session: ClientSession | undefined,
  onBytes: (bytes: number) => void,
): Promise<{ readonly bytes: number; readonly count: number; readonly live: boolean }> {
  const out = await open(file, "w", 0o600);
  let gathered: Uint8Array[] = [];
  let waiting = 0;
  let bytes = 0;
  let count = 0;
  const flush = async () => {
    await out.appendFile(Buffer.concat(gathered));
    bytes += waiting;
    gathered = [];
    waiting = 0;
    onBytes(bytes);
  };
  const copy = async (within: ClientSession | undefined) => {
    const options = { raw: true, batchSize: BATCH, ...(within ? { session: within } : {}) };
    for await (const raw of db.collection(collection).find({}, options)) {
      const document = raw as unknown as Uint8Array;
      gathered.push(document);
      waiting += document.length;
      count++;
      if (waiting >= WRITE_SIZE) await flush();
    }
    if (waiting > 0) await flush();
  };
  let live = session === undefined;
  try {
    await copy(session).catch((error: unknown) => {
      // Refused at the first word. A snapshot that is lost on the way is another matter: the dump is not of one moment.
      if (!session || count > 0 || !refusesSnapshot(error)) throw error;
      live = true;
      return copy(undefined);
    });
    await out.sync();
  } finally {
    await out.close();
  }
  own(file);
  return { bytes, count, live };
}
