import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { BSON, type Document } from "mongodb";

/** A collection as a server lists it, with its documents as the bytes that came. */
export interface WireCollection {
  readonly type: "collection" | "view" | "timeseries";
  readonly options: Document;
  readonly indexes: Document[];
  readonly documents: Buffer[];
}

/**
 * A server that speaks MongoDB's wire protocol and keeps documents as the bytes that it got: for what FerretDB does not
 * take (views, time series, snapshots, half of the types). It knows just the commands that a dump and a restore need.
 */
export class MongodbWire {
  readonly databases = new Map<string, Map<string, WireCollection>>();
  /** Every command that came. */
  readonly commands: Document[] = [];
  /** Answers instead of the server, for a test of what it may say. */
  refuse: (command: Document) => Document | undefined = () => undefined;
  version = "7.0.5";
  /** Indexes as bytes, more than those that are kept. */
  rawIndexes: readonly Buffer[] = [];
  /** The moment of a snapshot, if the server has them. */
  snapshotAt: BSON.Timestamp | undefined = new BSON.Timestamp({ t: 1_700_000_000, i: 3 });
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly cursors = new Map<number, Buffer[]>();

  constructor() {
    this.server = createServer((socket) => this.serve(socket));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `mongodb://127.0.0.1:${(this.server.address() as AddressInfo).port}/?directConnection=true`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  collection(database: string, name: string): WireCollection {
    const collections = this.databases.get(database) ?? new Map<string, WireCollection>();
    this.databases.set(database, collections);
    const found = collections.get(name) ?? { type: "collection", options: {}, indexes: [ID_INDEX], documents: [] };
    collections.set(name, found);
    return found;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    let chunks: Buffer[] = [];
    let size = 0;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (chunks[0]!.length >= 4 && size < chunks[0]!.readInt32LE(0)) return;
      let held = Buffer.concat(chunks);
      while (held.length >= 4 && held.length >= held.readInt32LE(0)) {
        const message = held.subarray(0, held.readInt32LE(0));
        held = held.subarray(message.length);
        socket.write(this.answer(message));
      }
      chunks = held.length > 0 ? [held] : [];
      size = held.length;
    });
  }

  private answer(message: Buffer): Buffer {
    const requestId = message.readInt32LE(4);
    if (message.readInt32LE(12) === 2004)
      return framed(1, requestId, [Buffer.alloc(16), ONE, serialized(this.hello())]);
    const sections: { name?: string; documents: Buffer[] }[] = [];
    for (let at = 20; at < message.length;) {
      if (message[at] === 0) {
        const size = message.readInt32LE(at + 1);
        sections.push({ documents: [message.subarray(at + 1, at + 1 + size)] });
        at += 1 + size;
        continue;
      }
      const end = at + 1 + message.readInt32LE(at + 1);
      const zero = message.indexOf(0, at + 5);
      const documents: Buffer[] = [];
      for (let from = zero + 1; from < end; from += message.readInt32LE(from))
        documents.push(Buffer.from(message.subarray(from, from + message.readInt32LE(from))));
      sections.push({ name: message.toString("utf8", at + 5, zero), documents });
      at = end;
    }
    const command = BSON.deserialize(sections.find(({ name }) => name === undefined)!.documents[0]!);
    const documents = sections.find(({ name }) => name !== undefined)?.documents ?? [];
    this.commands.push(command);
    const reply = this.refuse(command) ?? this.run(command, documents);
    return framed(2013, requestId, [
      Buffer.alloc(5),
      reply instanceof Buffer ? reply : serialized({ ok: 1, ...reply }),
    ]);
  }

  private hello(): Document {
    return {
      ...{ ismaster: true, isWritablePrimary: true, maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000 },
      ...{ maxWriteBatchSize: 100_000, minWireVersion: 0, maxWireVersion: 21, logicalSessionTimeoutMinutes: 30, ok: 1 },
      localTime: new Date(),
    };
  }

  private run(command: Document, documents: Buffer[]): Document | Buffer {
    const [name] = Object.keys(command);
    const database = command.$db as string;
    const target = command[name!] as string;
    const there = this.databases.get(database);
    switch (name) {
      case "hello":
      case "ismaster":
        return this.hello();
      case "buildInfo":
        return { version: this.version, versionArray: [...this.version.split(".").map(Number), 0] };
      case "listDatabases":
        return { databases: [...this.databases.keys()].map((one) => ({ name: one })) };
      case "dbStats":
        return {
          dataSize: [...(there?.values() ?? [])].flatMap((one) => one.documents).reduce((n, d) => n + d.length, 0),
        };
      case "listCollections": {
        const wanted = (command.filter as { name?: string } | undefined)?.name;
        const all = [...(there ?? [])].filter(([one]) => wanted === undefined || one === wanted);
        return this.cursor(
          `${database}.$cmd`,
          all.map(([one, { type, options }]) => serialized({ name: one, type, options, info: {} })),
        );
      }
      case "listIndexes":
        return this.cursor(`${database}.${target}`, [
          ...there!.get(target)!.indexes.map(serialized),
          ...this.rawIndexes,
        ]);
      case "find": {
        const id = (command.filter as { _id?: unknown } | undefined)?._id;
        const all = there?.get(target)?.documents ?? [];
        const some = id === undefined ? all : all.filter((one) => BSON.deserialize(one)._id === id);
        return this.cursor(`${database}.${target}`, command.limit === 1 ? some.slice(0, 1) : some);
      }
      case "getMore":
        return this.batch("nextBatch", Number(target), `${database}.${command.collection}`);
      case "insert":
        this.collection(database, target).documents.push(...documents);
        return { n: documents.length };
      case "update": {
        // Only what a source writes: the one document of the sentinel.
        const [update] = (command.updates as Document[] | undefined) ?? documents.map((one) => BSON.deserialize(one));
        const { documents: kept } = this.collection(database, target);
        kept.splice(0, kept.length, serialized({ _id: "newest", ...(update!.u as Document) }));
        return { n: 1, nModified: 1 };
      }
      case "create": {
        const { create: _name, $db: _db, lsid: _lsid, idIndex: _id, ...options } = command;
        const type = "viewOn" in options ? "view" : "timeseries" in options ? "timeseries" : "collection";
        const made: WireCollection = { type, options, indexes: type === "view" ? [] : [ID_INDEX], documents: [] };
        this.collection(database, target);
        this.databases.get(database)!.set(target, made);
        return {};
      }
      case "createIndexes":
        this.collection(database, target).indexes.push(
          ...(command.indexes as Document[]).map((one) => ({ v: 2, ...one })),
        );
        return {};
      case "drop":
        there?.delete(target);
        return {};
      case "aggregate": {
        const n = there?.get(target)?.documents.length ?? 0;
        return this.cursor(`${database}.${target}`, n === 0 ? [] : [serialized({ _id: 1, n })]);
      }
      case "ping":
      case "endSessions":
      case "killCursors":
        return {};
      default:
        return { ok: 0, code: 59, codeName: "CommandNotFound", errmsg: `no such command: ${name}` };
    }
  }

  private cursor(namespace: string, documents: readonly Buffer[]): Buffer {
    const id = this.cursors.size + 1;
    this.cursors.set(id, [...documents]);
    return this.batch("firstBatch", id, namespace);
  }

  /** Two documents at a time, as they are: a cursor's answer is put together by hand. */
  private batch(field: string, id: number, namespace: string): Buffer {
    const left = this.cursors.get(id)!;
    const now = left.splice(0, 2);
    const array = documentOf(now.map((bytes, index) => element(3, String(index), bytes)));
    const next = serialized({ id: BSON.Long.fromNumber(left.length > 0 ? id : 0), ns: namespace, ...this.moment() });
    const cursor = Buffer.concat([next.subarray(4, -1), element(4, field, array)]);
    return documentOf([element(3, "cursor", documentOf([cursor])), serialized({ ok: 1 }).subarray(4, -1)]);
  }

  private moment = () => (this.snapshotAt ? { atClusterTime: this.snapshotAt } : {});
}

const ID_INDEX = { v: 2, key: { _id: 1 }, name: "_id_" };
const ONE = Buffer.from([1, 0, 0, 0]);
const serialized = (document: Document): Buffer => Buffer.from(BSON.serialize(document));
export const element = (type: number, name: string, bytes: Buffer) =>
  Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), bytes]);

export function documentOf(elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.alloc(4), ...elements, Buffer.from([0])]);
  body.writeInt32LE(body.length, 0);
  return body;
}

function framed(opcode: number, responseTo: number, parts: readonly Buffer[]): Buffer {
  const message = Buffer.concat([Buffer.alloc(16), ...parts]);
  [message.length, 1, responseTo, opcode].forEach((value, index) => message.writeInt32LE(value, index * 4));
  return message;
}
