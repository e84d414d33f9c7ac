import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import * as path from "node:path";
import { own } from "../../../engines/files";
import type { OnProgress } from "../../contract";
import { ScratchError, startScratch, untilReady } from "../scratch-server";
import { connected, type Connected } from "./connection";
import type { DumpedCollection } from "./folder";
import { SENTINEL } from "./layout";
import { load } from "./load";

/** A server to restore into: the program and its arguments, with `{port}` and `{folder}` in them. */
export type ScratchCommand = readonly [string, ...string[]];

const READY_MS = 60_000;

/** The server of this machine, if it has one. */
export function installedServer(): ScratchCommand | undefined {
  const folders = (process.env.PATH ?? "").split(":").filter(Boolean);
  const mongod = folders.map((folder) => path.join(folder, "mongod")).find((file) => existsSync(file));
  if (mongod === undefined) return undefined;
  return [mongod, "--dbpath", "{folder}", "--port", "{port}", "--bind_ip", "127.0.0.1", "--quiet"];
}

/** What a scratch server holds once a dump was restored into it. */
export interface Restored {
  readonly counts: Readonly<Record<string, number>>;
  readonly sentinels: readonly string[];
  /** Indexes that should be there and are not. */
  readonly missingIndexes: readonly string[];
}

/** Restores a dump into a server of its own and asks that server what it holds. */
export async function restoreIntoScratch(
  command: ScratchCommand,
  folder: string,
  collections: readonly DumpedCollection[],
  onProgress: OnProgress,
): Promise<Restored> {
  const data = path.join(folder, "server");
  mkdirSync(data, { recursive: true });
  own(data);
  const server = await startScratch(command, data);
  try {
    const uri = `mongodb://127.0.0.1:${server.port}/?directConnection=true`;
    await untilReady(server, () => connected(uri, () => Promise.resolve(), 500), READY_MS);
    return await connected(uri, async (scratch) => {
      await load(scratch, collections, { drop: true }, onProgress);
      return ask(scratch, collections);
    });
  } finally {
    await server.stop();
  }
}

/** A server that a person set aside for proofs. */
export interface OtherServer {
  readonly uri: string;
  /** Reads the address of the server that is protected: it must be another one. */
  readonly source: () => string;
  /** Whose proofs these are: what another's left behind is left alone. */
  readonly owner: string;
}

/**
 * Restores a dump into databases of its own on a server that is there, asks what they hold, and drops them. No other
 * database of that server is looked at.
 */
export async function restoreIntoOther(
  { uri, source, owner }: OtherServer,
  collections: readonly DumpedCollection[],
  onProgress: OnProgress,
): Promise<Restored> {
  const prefix = `dr_proof_${createHash("sha256").update(owner).digest("hex").slice(0, 8)}_`;
  const databases = [...new Set(collections.map(({ database }) => database))];
  const renamed = collections.map(({ database, label, ...rest }): DumpedCollection => {
    const there = `${prefix}${databases.indexOf(database)}`;
    return { ...rest, database: there, ...(label ? { label: `${there}${label.slice(database.length)}` } : {}) };
  });
  const asItWas = (label: string) => {
    const [, index = "", rest = ""] = /^(\d+)(.*)$/s.exec(label.slice(prefix.length)) ?? [];
    return `${databases[Number(index)]}${rest}`;
  };
  const restored = await connected(uri, async (server) => {
    await dropAll(server, prefix); // left by a process that was killed
    try {
      if (await isItself(server, `${prefix}identity`, source)) return undefined;
      await load(server, renamed, { drop: true }, onProgress);
      const { counts, sentinels, missingIndexes } = await ask(server, renamed);
      return {
        counts: Object.fromEntries(Object.entries(counts).map(([label, count]) => [asItWas(label), count])),
        ...{ sentinels, missingIndexes },
      };
    } finally {
      await dropAll(server, prefix);
    }
  }).catch((error: Error) => {
    throw /^MongoNetwork|^MongoServerSelection/.test(error.name) ? new ScratchError(error.message) : error;
  });
  if (restored) return restored;
  throw new ScratchError("verify.scratch is the address of the server that is protected; name another one");
}

/** Whether two addresses are one server, whatever they say: what is written to the one is found in the other. */
async function isItself({ client }: Connected, database: string, source: () => string): Promise<boolean> {
  const value = randomUUID();
  await client.db(database).collection("identity").insertOne({ value });
  const found = await connected(source(), (protectedOne) =>
    protectedOne.client.db(database).collection("identity").findOne({ value }),
  ).catch(() => null); // a proof needs no source
  return found !== null;
}

async function dropAll({ client }: Connected, prefix: string): Promise<void> {
  const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
  for (const { name } of databases) if (name.startsWith(prefix)) await client.db(name).dropDatabase();
}

async function ask({ client }: Connected, collections: readonly DumpedCollection[]): Promise<Restored> {
  const counts: Record<string, number> = {};
  const sentinels: string[] = [];
  const missingIndexes: string[] = [];
  for (const { database, metadata, label } of collections) {
    if (label === undefined) continue;
    const collection = client.db(database).collection(label.slice(database.length + 1));
    counts[label] = await collection.countDocuments({});
    if (metadata.collectionName === SENTINEL)
      for (const { value } of await collection.find({}).toArray()) sentinels.push(String(value));
    const there = new Set((await client.db(database).collection(metadata.collectionName).indexes()).map((i) => i.name));
    for (const { name } of metadata.indexes)
      if (!there.has(String(name))) missingIndexes.push(`${label}: the index ${String(name)} did not come back`);
  }
  return { counts, sentinels, missingIndexes };
}
