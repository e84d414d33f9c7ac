import { MongoClient } from "mongodb";
import { Items, writing, type Writer } from "./writing";

export const COLLECTION = "soak_documents";

/** Documents, one an insert. */
export function writeDocuments(port: number, database: string, items: Items, everyMs: number): Writer {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    ...{ serverSelectionTimeoutMS: 2_000, socketTimeoutMS: 3_000, retryWrites: false, maxPoolSize: 1 },
  });
  const documents = client.db(database).collection<{ _id: number; body: string }>(COLLECTION);
  const loop = writing(everyMs, () => items.write((n, body) => documents.insertOne({ _id: n, body })));
  return { ...loop, source: "mongo", stop: () => loop.stop().then(() => client.close()) };
}
