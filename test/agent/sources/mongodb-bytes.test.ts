import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fc from "fast-check";
import { BSON, type Document } from "mongodb";
import type { Backup } from "../../../agent/contract";
import { MongodbSource } from "../../../agent/sources/mongodb";
import { findDump } from "../../../agent/sources/mongodb/folder";
import { contentsOf, FolderRepository } from "../../helpers/folder-repository";
import { isOnPath } from "../../helpers/on-path";
import { temporary } from "../../helpers/temporary";
import { documentOf, element, MongodbWire } from "../../standin/mongodb-wire";

const { Binary, BSONRegExp, Code, DBRef, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } = BSON;
const quiet = () => {};
const FULL = { type: "full", trigger: "manual" } as const;

/** Every type that BSON has, in all that it can hold. */
const { value } = fc.letrec<{ value: unknown; document: Document }>((tie) => ({
  document: fc.dictionary(
    fc.string({ maxLength: 8 }).filter((name) => !name.includes("\0")),
    tie("value"),
    { maxKeys: 4 },
  ),
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.double().map((n) => new Double(n)),
    fc.string(),
    fc.string({ unit: "grapheme" }),
    fc.boolean(),
    fc.constant(null),
    fc.integer().map((n) => new Int32(n)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => Long.fromBigInt(n)),
    fc
      .tuple(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(0, 1, 3, 5, 6, 128))
      .map(([b, type]) => new Binary(b, type)),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => new Binary(bytes, 4)),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => new Decimal128(bytes)),
    fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
    fc.integer({ min: -8.64e15, max: 8.64e15 }).map((ms) => new Date(ms)),
    fc.constantFrom(new MinKey(), new MaxKey(), new BSONRegExp("^a/", "im"), new Double(-0), new Double(NaN)),
    fc.constantFrom(new Code("return 1"), new Code("return x", { x: 1 }), new DBRef("other", new ObjectId())),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("document"),
  ),
}));
const serialized = (document: Document) => Buffer.from(BSON.serialize(document));

describe("MongoDB source, to the byte", function () {
  this.timeout(120_000);
  const at = temporary();
  let server: MongodbWire;
  let uri: string;
  let repository: FolderRepository;

  beforeEach(async () => {
    server = new MongodbWire();
    uri = await server.listen();
    repository = new FolderRepository(at("repository"));
    await repository.open();
  });
  afterEach(() => server.close());

  const source = () =>
    new MongodbSource({
      name: "orders",
      plan: "shop",
      site: "prod",
      uri: () => uri,
      database: "shop",
      staging: at("staging"),
    });
  const roundTrip = async (): Promise<Backup> => {
    const backup = await source().backUp(FULL, repository, quiet);
    server.databases.clear();
    await source().restore(backup, repository, { target: uri, drop: true }, quiet);
    return backup;
  };

  it("keeps every type, every value and the order of every name", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 8 }), async (values) => {
        const documents = values.map((v, n) => serialized({ _id: n, v }));
        server.databases.clear();
        server.collection("shop", "all").documents.push(...documents);
        await roundTrip();
        assert.deepEqual(server.collection("shop", "all").documents, documents);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps what an object of JavaScript cannot hold: numbers as names, names that are there twice, NaN's bits", async () => {
    const named = (name: string, n: number) =>
      Buffer.concat([Buffer.from([0x10]), Buffer.from(`${name}\0`), Buffer.from([n, 0, 0, 0])]);
    const nan = Buffer.concat([Buffer.from("\x01nan\0", "latin1"), Buffer.from("010000000000f8ff", "hex")]);
    const documents = [
      documentOf([named("_id", 1), named("10", 1), named("2", 2), named("2", 3), named("__proto__", 4), nan]),
      documentOf([named("b", 1), named("_id", 2), named("a", 3)]),
    ];
    server.collection("shop", "odd").documents.push(...documents);
    await roundTrip();
    assert.deepEqual(server.collection("shop", "odd").documents, documents);
  });

  it("keeps a document as large as MongoDB takes, and puts several into messages of their own", async () => {
    const large = Array.from({ length: 4 }, (_, n) => serialized({ _id: n, text: "x".repeat(16_777_216 - 25) }));
    assert.equal(large[0]!.length, 16_777_216);
    server.collection("shop", "large").documents.push(...large);
    await roundTrip();
    assert.ok(server.collection("shop", "large").documents.every((bytes, n) => bytes.equals(large[n]!)));
    assert.equal(server.commands.filter(({ insert }) => insert === "large").length, 4);
  });

  it("keeps options, views, time series and all kinds of indexes, and builds indexes after the data", async () => {
    const indexes = [
      { v: 2, key: { _id: 1 }, name: "_id_" },
      { v: 2, key: { a: 1, b: -1 }, name: "pair", unique: true },
      { v: 2, key: { at: 1 }, name: "ttl", expireAfterSeconds: 3600 },
      { v: 2, key: { a: 1 }, name: "partial", partialFilterExpression: { a: { $gt: 5 } } },
      {
        v: 2,
        key: { _fts: "text", _ftsx: 1 },
        name: "words",
        weights: { t: 1 },
        default_language: "english",
        textIndexVersion: 3,
      },
      { v: 2, key: { place: "2dsphere" }, name: "near", "2dsphereIndexVersion": 3 },
      { v: 2, key: { "$**": 1 }, name: "wild" },
    ];
    const put = (name: string, type: "collection" | "view" | "timeseries", options: Document, more: Document[]) =>
      server.databases.get("shop")!.set(name, { type, options, indexes: more, documents: [] });
    server.collection("shop", "plain").documents.push(serialized({ _id: 1 }));
    server.collection("shop", "plain").indexes.splice(0, 1, ...indexes);
    put("a view", "view", { viewOn: "plain", pipeline: [{ $match: { a: 1 } }] }, []);
    put("weather", "timeseries", { timeseries: { timeField: "t", granularity: "hours" } }, indexes.slice(1, 2));
    server.collection("shop", "system.buckets.weather").documents.push(serialized({ _id: 5, control: { version: 1 } }));
    server.collection("shop", "system.views").documents.push(serialized({ _id: "shop.a view" }));
    put("checked", "collection", { validator: { a: 1 }, validationAction: "error" }, [
      { v: 2, key: { _id: 1 }, name: "_id_", collation: { locale: "fr" } },
    ]);
    server.collection("shop", "checked").documents.push(serialized({ _id: 1, a: 2 }));
    const backup = await source().backUp(FULL, repository, quiet);
    assert.deepEqual(backup.counts, {
      ...{ "shop.plain": 1, "shop.system.buckets.weather": 1, "shop.checked": 1, "shop.dr_sentinel": 1 },
    });
    const names = Object.keys(contentsOf(repository.fileOf(backup.locator, ""))).map((name) => name.split("/dump/")[1]);
    assert.deepEqual(names, [
      ...["prelude.json", "shop/a+view.metadata.json", "shop/checked.bson", "shop/checked.metadata.json"],
      ...["shop/dr_sentinel.bson", "shop/dr_sentinel.metadata.json", "shop/plain.bson", "shop/plain.metadata.json"],
      ...["shop/system.buckets.weather.bson", "shop/weather.metadata.json"],
    ]);

    server.databases.clear();
    server.commands.length = 0;
    await source().restore(backup, repository, { target: uri, drop: true }, quiet);
    assert.deepEqual(server.collection("shop", "plain").indexes, indexes);
    assert.deepEqual(server.databases.get("shop")!.get("a view")!.options, {
      viewOn: "plain",
      pipeline: [{ $match: { a: 1 } }],
    });
    assert.equal(server.collection("shop", "weather").type, "timeseries");
    assert.equal(server.collection("shop", "system.buckets.weather").documents.length, 1);
    const of = (name: string) =>
      server.commands.filter((one) => Object.values(one)[0] === name).map((one) => Object.keys(one)[0]);
    assert.deepEqual(
      of("plain").filter((name) => name !== "find"),
      ["create", "insert", ...indexes.slice(1).map(() => "createIndexes"), "aggregate"],
    );
    const checked = server.commands.filter((one) => Object.values(one)[0] === "checked");
    assert.deepEqual(checked[0]!.idIndex, { key: { _id: 1 }, name: "_id_", collation: { locale: "fr" } });
    assert.equal(checked.find(({ insert }) => insert)!.bypassDocumentValidation, true);
    assert.equal(of("a view").at(-1), "create");
  });

  it("reads all collections as of one moment where the server tells the moment", async () => {
    server.collection("shop", "one").documents.push(...[1, 2, 3].map((_id) => serialized({ _id })));
    server.collection("shop", "two").documents.push(serialized({ _id: 1 }));
    const backup = await source().backUp(FULL, repository, quiet);
    assert.deepEqual(backup.details, { snapshot: true });
    const reads = server.commands.filter(({ find, limit }) => find !== undefined && limit === undefined);
    assert.ok(reads.length >= 3);
    for (const { readConcern } of reads)
      assert.deepEqual(readConcern, { level: "snapshot", atClusterTime: server.snapshotAt });
  });

  it("says so where a server has no snapshots, where a collection has none, and where one was lost on the way", async () => {
    server.collection("shop", "one").documents.push(...[1, 2, 3].map((_id) => serialized({ _id })));
    const refusing = (code: number, matches: (command: Document) => boolean) => (command: Document) =>
      matches(command) && (command.readConcern as Document | undefined)?.level === "snapshot"
        ? { ok: 0, code, codeName: "No", errmsg: "no snapshot" }
        : undefined;
    server.refuse = refusing(246, ({ find }) => find !== undefined);
    const standalone = await source().backUp(FULL, repository, quiet);
    assert.deepEqual(standalone.details, { snapshot: false, noSnapshot: "the server does not promise one" });
    server.refuse = refusing(72, ({ find }) => find === "one");
    const capped = await source().backUp(FULL, repository, quiet);
    assert.deepEqual(capped.details, { snapshot: true, readLive: "shop.one" });
    assert.equal(capped.counts["shop.one"], 3);
    server.refuse = (command) => (command.getMore !== undefined && !server.commands.some(gone) ? TOO_OLD : undefined);
    const gone = (command: Document) => command.find === "one" && !command.limit && command.readConcern === undefined;
    server.commands.length = 0;
    const late = await source().backUp(FULL, repository, quiet);
    assert.deepEqual(late.details, {
      snapshot: false,
      noSnapshot: "the dump took longer than the server keeps a snapshot",
    });
    assert.equal(late.counts["shop.one"], 3);
  });

  it("is what mongorestore expects", async function () {
    if (!isOnPath("mongorestore")) {
      console.log("      SKIPPED: no mongorestore: MongoDB's tools are in no package registry");
      this.skip();
    }
    const values = fc.sample(value, { numRuns: 200, seed: 5 });
    const documents = values.map((v, n) => serialized({ _id: n, v }));
    server.collection("shop", "a b+c/d.\u00e9(!)").documents.push(...documents);
    server.collection("shop", "a b+c/d.\u00e9(!)").indexes.push({ v: 2, key: { v: -1 }, name: "by v", sparse: true });
    const name = "long.".repeat(50);
    server.collection("shop", name).documents.push(serialized({ _id: 1 }));
    const backup = await source().backUp(FULL, repository, quiet);
    const indexes = server.collection("shop", "a b+c/d.\u00e9(!)").indexes;
    server.databases.clear();
    await repository.restorePaths(backup.locator, at("restored"));
    const args = ["--uri", uri, "--numInsertionWorkersPerCollection", "1", findDump(at("restored"))];
    const done = await runTool("mongorestore", args);
    assert.match(done, /202 document\(s\) restored successfully\. 0 document\(s\) failed/);
    assert.deepEqual(server.collection("shop", "a b+c/d.\u00e9(!)").documents, documents);
    const names = (all: readonly Document[]) =>
      all.map((index) => [index.name as string, Object.keys(index.key as Document)]);
    assert.deepEqual(names(server.collection("shop", "a b+c/d.\u00e9(!)").indexes), names(indexes));
    assert.equal(server.collection("shop", name).documents.length, 1);
  });

  it("refuses what a dump cannot say: an index or a view in which numbers as names stand in an order of their own", async () => {
    server.collection("shop", "one").documents.push(serialized({ _id: 1 }));
    const int = (name: string) =>
      Buffer.concat([Buffer.from([0x10]), Buffer.from(`${name}\0`), Buffer.from([1, 0, 0, 0])]);
    server.rawIndexes = [documentOf([element(3, "key", documentOf([int("10"), int("2")])), element(2, "name", NAME)])];
    await assert.rejects(source().backUp(FULL, repository, quiet), {
      message: "an index of shop.one cannot be written to a dump as it is: names that are numbers lose their order",
    });
    server.rawIndexes = [documentOf([element(3, "key", documentOf([int("2"), int("10")])), element(2, "name", NAME)])];
    await source().backUp(FULL, repository, quiet);
  });

  it("backs up users and roles for mongorestore, and leaves those of the server that it restores to", async () => {
    server.collection("admin", "system.users").documents.push(serialized({ _id: "shop.app" }));
    server.collection("shop", "one").documents.push(serialized({ _id: 1 }));
    const all = new MongodbSource({ name: "all", plan: "shop", site: "prod", uri: () => uri, staging: at("staging") });
    const backup = await all.backUp(FULL, repository, quiet);
    assert.deepEqual(backup.counts, { "admin.system.users": 1, "shop.dr_sentinel": 1, "shop.one": 1 });
    server.collection("admin", "system.users").documents.push(serialized({ _id: "shop.newer" }));
    await all.restore(backup, repository, { target: uri, drop: true }, quiet);
    assert.equal(server.collection("admin", "system.users").documents.length, 2);
  });

  it("publishes nothing when a cursor breaks, wherever it does", async () => {
    server.collection("shop", "one").documents.push(...Array.from({ length: 20 }, (_, _id) => serialized({ _id })));
    for (let broken = 1; broken <= 9; broken++) {
      let more = 0;
      server.refuse = ({ getMore }) =>
        getMore !== undefined && ++more === broken
          ? { ok: 0, code: 43, codeName: "CursorNotFound", errmsg: "lost" }
          : undefined;
      await assert.rejects(source().backUp(FULL, repository, quiet), { message: "lost", code: 43 });
      assert.deepEqual(repository.locators(), []);
    }
  });
});

/** A string's bytes in BSON: `i`. */
const NAME = Buffer.from([2, 0, 0, 0, 105, 0]);
const TOO_OLD = { ok: 0, code: 239, codeName: "SnapshotTooOld", errmsg: "too old" };

/** What a tool says on its standard error; in the background, for the server that it talks to is in this process. */
const runTool = (tool: string, args: readonly string[]) =>
  new Promise<string>((resolve, reject) =>
    execFile(tool, args, (error, _stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stderr))),
  );
