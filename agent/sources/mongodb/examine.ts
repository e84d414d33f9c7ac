import type { Connected } from "./connection";
import { refuseWithoutSpace } from "../space";
import { isOwnDatabase, SENTINEL } from "./layout";

/** The databases to back up. Throws if one is not there, cannot be read, or has no room in the folder for its dump. */
export async function examine(
  { client }: Connected,
  database: string | undefined,
  staging: string,
): Promise<readonly string[]> {
  const all = (await client.db("admin").command({ listDatabases: 1, nameOnly: true })) as {
    databases: { name: string }[];
  };
  const names = all.databases.map(({ name }) => name).filter((name) => !isOwnDatabase(name));
  if (database !== undefined && !names.includes(database))
    throw new Error(`there is no database \`${database}\`; the server has: ${names.join(", ") || "none"}`);
  const wanted = database === undefined ? names : [database];
  let bytes = 0;
  let holdsData = false;
  for (const name of wanted) {
    const collections = await client.db(name).listCollections({}, { nameOnly: true }).toArray();
    if (collections[0]) await client.db(name).collection(collections[0].name).findOne({}); // whether it may be read
    holdsData ||= collections.some((collection) => collection.name !== SENTINEL);
    bytes += ((await client.db(name).command({ dbStats: 1 })) as { dataSize: number }).dataSize;
  }
  if (!holdsData) throw new Error(`there is nothing to back up: no collection in ${wanted.join(", ") || "the server"}`);
  refuseWithoutSpace(staging, bytes, "the dump");
  return wanted;
}

/** Writes the value that a restore must find. Answers why it could not, if so: a standby takes no writes. */
export async function writeSentinel(
  { client }: Connected,
  database: string,
  value: string,
): Promise<string | undefined> {
  const collection = client.db(database).collection<{ _id: string; value: string; at: Date }>(SENTINEL);
  const writeConcern = { w: "majority", wtimeoutMS: 10_000 } as const;
  try {
    await collection.replaceOne({ _id: "newest" }, { value, at: new Date() }, { upsert: true, writeConcern });
    return undefined;
  } catch (error) {
    const { codeName, name } = error as Error & { codeName?: string };
    return codeName ?? name;
  }
}

/** The server's clock. */
export async function timeOf({ client }: Connected): Promise<Date> {
  const { localTime } = (await client.db("admin").command({ hello: 1 })) as { localTime?: Date };
  return localTime ?? new Date();
}
