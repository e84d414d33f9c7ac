import { BSON, type Db, type Document } from "mongodb";
// Of the driver's inside, by its exact version: the one way to send documents as the bytes that they are. Made into
// objects and back, names that are numbers change their order, and a name that is there twice is lost.
import { DocumentSequence } from "mongodb/lib/cmap/commands";

const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_COUNT = 1_000;
/** MongoDB puts the time into a timestamp of zeros on insert, except in `_id`. */
const ZERO = Buffer.alloc(8);

export interface Inserted {
  readonly inserted: number;
  readonly refused: number;
  /** The first words of the server about a document that it refused. */
  readonly firstRefusal?: string;
}

/** Inserts documents byte by byte as they are, in their order; one that is refused does not keep the next from coming. */
export async function insertRaw(
  db: Db,
  collection: string,
  documents: AsyncIterable<Buffer>,
  options: Document,
  onInserted: (bytes: number) => void,
): Promise<Inserted> {
  let inserted = 0;
  let refused = 0;
  let firstRefusal: string | undefined;
  let batch: Buffer[] = [];
  let size = 0;
  const send = async () => {
    if (batch.length === 0) return;
    const sequence = new DocumentSequence("documents");
    for (const document of batch) sequence.push({}, document);
    const answer = (await db.command({ insert: collection, ordered: false, ...options, documents: sequence })) as {
      n: number;
      writeErrors?: { index: number; errmsg: string }[];
      writeConcernError?: { errmsg: string };
    };
    if (answer.writeConcernError) throw new Error(`${collection}: ${answer.writeConcernError.errmsg}`);
    inserted += answer.n;
    refused += answer.writeErrors?.length ?? 0;
    firstRefusal ??= answer.writeErrors?.[0]?.errmsg;
    const not = new Set(answer.writeErrors?.map(({ index }) => index)); // what lies there instead is not ours to change
    for (const [index, document] of batch.entries())
      if (!not.has(index)) await keepZeroTimestamps(db, collection, document);
    onInserted(size);
    batch = [];
    size = 0;
  };
  for await (const document of documents) {
    if (size + document.length > BATCH_BYTES || batch.length === BATCH_COUNT) await send();
    batch.push(document);
    size += document.length;
  }
  await send();
  return { inserted, refused, ...(firstRefusal === undefined ? {} : { firstRefusal }) };
}

/** Puts a timestamp of zeros back where the server wrote the time over it. */
async function keepZeroTimestamps(db: Db, collection: string, raw: Buffer): Promise<void> {
  if (!raw.includes(ZERO)) return; // nearly all documents end here
  const document = BSON.deserialize(raw, { promoteValues: false, bsonRegExp: true });
  const zeros = Object.entries(document).filter(
    ([name, value]) => name !== "_id" && (value as { _bsontype?: string })?._bsontype === "Timestamp" && isZero(value),
  );
  if (zeros.length === 0) return;
  const filter = { _id: document._id as never };
  const stored = await db.collection(collection).findOne(filter, { promoteValues: false });
  const changed = zeros.filter(([name]) => stored && stored[name] && !isZero(stored[name]));
  if (changed.length === 0) return;
  const set = Object.fromEntries(changed.map(([name, value]) => [name, { $literal: value as unknown }]));
  await db.collection(collection).updateOne(filter, [{ $set: set }]);
}

const isZero = (value: unknown) => String(value) === "0";
