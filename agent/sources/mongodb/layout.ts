import { createHash } from "node:crypto";
import { BSON, type Document } from "mongodb";

const { EJSON } = BSON;

/** `<collection>.metadata.json` as mongodump 100.x writes it. */
export interface Metadata {
  readonly options: Document;
  readonly indexes: readonly Document[];
  readonly uuid: string;
  readonly collectionName: string;
  readonly type: string;
}

/** What is written beside a dump for `mongorestore`, and by which a dump is found again. */
export const PRELUDE = "prelude.json";
export const METADATA = ".metadata.json";
export const BUCKETS = "system.buckets.";
/** The collection of the value that a restore must find. */
export const SENTINEL = "dr_sentinel";

/** Databases of the server's own that are no data of anyone's. */
export const isOwnDatabase = (name: string) => name === "local" || name === "config";

/** As mongodump leaves out what the server makes by itself. */
export function isLeftOut(database: string, collection: string): boolean {
  if (database === "admin") return collection === "system.keys" || collection.includes("$");
  return (collection.startsWith("system.") && collection !== "system.js") || collection.includes("$");
}

/** A collection's name as mongodump makes file names of it: Go's `url.QueryEscape`, long ones cut and hashed. */
export function fileNameOf(collection: string): string {
  const escaped = encodeURIComponent(collection)
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
  if (escaped.length <= 238) return escaped;
  return `${escaped.slice(0, 208)}%24${createHash("sha1").update(collection).digest("base64url")}`;
}

/** A document of the server's as an object that becomes the same bytes again. */
export function exactly(raw: Uint8Array, what: string): Document {
  const document = BSON.deserialize(raw, { promoteValues: false, bsonRegExp: true });
  if (Buffer.compare(BSON.serialize(document), raw) !== 0)
    throw new Error(`${what} cannot be written to a dump as it is: names that are numbers lose their order`);
  return document;
}

export function metadataText({ options, indexes, uuid, collectionName, type }: Metadata): string {
  return EJSON.stringify(
    {
      ...(Object.keys(options).length > 0 ? { options } : {}),
      indexes,
      ...(uuid ? { uuid } : {}),
      ...{ collectionName, type },
    },
    { relaxed: false },
  );
}

export function readMetadata(text: string): Metadata {
  const read = EJSON.parse(text, { relaxed: false }) as Partial<Metadata>;
  if (typeof read.collectionName !== "string" || !Array.isArray(read.indexes))
    throw new Error("it names no collection or no indexes");
  return { options: {}, uuid: "", type: "collection", ...(read as Pick<Metadata, "collectionName" | "indexes">) };
}

/** Where a collection's documents lie: those of a time series in its buckets, those of a view nowhere. */
export function dataCollection({
  collectionName,
  type,
}: Pick<Metadata, "collectionName" | "type">): string | undefined {
  return type === "view" ? undefined : type === "timeseries" ? BUCKETS + collectionName : collectionName;
}
