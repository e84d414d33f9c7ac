import * as assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Binary, Double, Int32, Long, MongoClient, ObjectId, Timestamp, UUID, type Document } from "mongodb";
import type { Backup, RestoreRequest } from "../../../agent/contract";
import { MongodbSource, type MongodbOptions } from "../../../agent/sources/mongodb";
import { contentsOf, FolderRepository } from "../../helpers/folder-repository";
import { isOnPath } from "../../helpers/on-path";
import { temporary } from "../../helpers/temporary";
import { ferretdb, startFerretdb, type Ferretdb } from "../../standin/ferretdb/start";

const quiet = () => {};
const FULL = { type: "full", trigger: "manual" } as const;

describe("MongoDB source", function () {
  this.timeout(120_000);
  const at = temporary();
  let server: Ferretdb;
  let client: MongoClient;
  let repository: FolderRepository;

  beforeEach(async function () {
    server = await startFerretdb(this, at("server"));
    client = new MongoClient(server.uri);
    repository = new FolderRepository(at("repository"));
    await repository.open();
  });
  afterEach(async () => {
    await client?.close();
    await server?.stop();
  });

  const source = (more: Partial<MongodbOptions> = {}) =>
    new MongodbSource({
      ...{
        name: "orders",
        plan: "shop",
        site: "prod",
        uri: () => server.uri,
        database: "shop",
        staging: at("staging"),
      },
      ...more,
    });
  const restore = (backup: Backup, request: Partial<RestoreRequest> = {}) =>
    source().restore(backup, repository, { target: server.uri, drop: true, ...request }, quiet);

  /** All documents as bytes, in the server's order. */
  const bytesOf = async (collection: string, database = "shop") =>
    (await client.db(database).collection(collection).find({}, { raw: true }).toArray()).map((raw) =>
      Buffer.from(raw as unknown as Uint8Array).toString("hex"),
    );

  const fill = async () => {
    const shop = client.db("shop");
    const rows: Document[] = [
      { _id: 1, long: Long.MAX_VALUE, double: new Double(5), int: new Int32(5), text: "añ\u{1F600}\0b", none: null },
      {
        _id: "two",
        when: new Date(-1),
        at: new Timestamp({ t: 7, i: 2 }),
        bytes: new Binary(Buffer.from([0, 255]), 5),
      },
      { _id: new ObjectId(), uuid: new UUID(), regex: /^a\/b/im, nested: { a: { b: [1, { c: 2 }, {}] } }, yes: true },
    ];
    await shop.collection("customers").insertMany(rows);
    await shop
      .collection("customers")
      .createIndex({ email: 1, _id: -1 }, { name: "by email", unique: true, sparse: true });
    await shop.createCollection("events", { capped: true, size: 65_536, max: 100 });
    await shop.collection("events").insertMany(Array.from({ length: 10 }, (_, n) => ({ _id: n }) as never));
    await shop.createCollection("empty");
    await shop.collection("a b+c/d.é(!)").insertOne({ _id: 1 as never });
  };

  it("brings everything back byte for byte: documents, indexes, options, names", async () => {
    await fill();
    const before = await bytesOf("customers");
    const indexes = await client.db("shop").collection("customers").indexes();

    const backup = await source().backUp(FULL, repository, quiet);
    assert.deepEqual(backup.counts, {
      ...{ "shop.a b+c/d.é(!)": 1, "shop.customers": 3, "shop.dr_sentinel": 1, "shop.empty": 0, "shop.events": 10 },
    });
    await client.db("shop").collection("customers").deleteMany({});
    await client.db("shop").collection("customers").dropIndexes();
    await client.db("shop").dropCollection("empty");
    await restore(backup);

    assert.deepEqual(await bytesOf("customers"), before);
    assert.deepEqual(await client.db("shop").collection("customers").indexes(), indexes);
    assert.equal(await client.db("shop").collection("a b+c/d.é(!)").countDocuments(), 1);
    assert.equal(await client.db("shop").collection("events").countDocuments(), 10);
    const [events] = await client.db("shop").listCollections({ name: "events" }).toArray();
    assert.deepEqual((events as Document).options, { capped: true, size: 65_536, max: 100 });
    assert.equal((await client.db("shop").listCollections({ name: "empty" }).toArray()).length, 1);
  });

  it("says of a backup what it is: version, size, times, sentinel, and that the server promises no snapshot", async () => {
    await fill();
    const backup = await source().backUp({ ...FULL, description: "before the move" }, repository, quiet);
    assert.match(backup.id, /^orders-\d{8}T\d{6}\.\d{3}Z-full$/);
    assert.equal(backup.serverVersion, "7.0.42");
    assert.equal(backup.description, "before the move");
    assert.deepEqual(backup.details, { snapshot: false, noSnapshot: "the server does not promise one" });
    const stored = contentsOf(repository.fileOf(backup.locator, ""));
    const bson = Object.entries(stored).filter(([name]) => name.endsWith(".bson"));
    assert.equal(
      backup.bytes.source,
      bson.reduce((sum, [, bytes]) => sum + bytes.length, 0),
    );
    const sentinel = await client.db("shop").collection("dr_sentinel").findOne({});
    assert.equal(backup.sentinel, sentinel!.value);
    assert.deepEqual(readdirSync(at("staging")), [], "nothing stays in the staging folder");
  });

  it("writes metadata as mongodump 100.x does", async () => {
    await fill();
    const backup = await source().backUp(FULL, repository, quiet);
    const stored = contentsOf(repository.fileOf(backup.locator, ""));
    const file = Object.entries(stored).find(([name]) => name.endsWith("/dump/shop/customers.metadata.json"))!;
    const [{ info }] = (await client.db("shop").listCollections({ name: "customers" }).toArray()) as unknown as [
      { info: { uuid: UUID } },
    ];
    const uuid = info.uuid.toString("hex").replaceAll("-", "");
    assert.equal(
      file[1].toString(),
      '{"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"},' +
        '{"v":{"$numberInt":"2"},"key":{"email":{"$numberInt":"1"},"_id":{"$numberInt":"-1"}},"name":"by email","unique":true}],' +
        `"uuid":"${uuid}","collectionName":"customers","type":"collection"}`,
    );
    assert.ok(Object.keys(stored).some((name) => name.endsWith("/dump/shop/a+b%2Bc%2Fd.%C3%A9%28%21%29.bson")));
  });

  it("restores into another database, and adds to what is there without drop", async () => {
    await fill();
    const backup = await source().backUp(FULL, repository, quiet);
    const other = server.uri.replace("/?", "/other?");
    await restore(backup, { target: other });
    assert.deepEqual(await bytesOf("customers", "other"), await bytesOf("customers"));

    await client
      .db("other")
      .collection("customers")
      .deleteOne({ _id: 1 as never });
    await client
      .db("other")
      .collection("customers")
      .insertOne({ _id: 99 as never });
    await assert.rejects(restore(backup, { target: other, drop: false }), {
      message:
        /^the restore is not complete\n {2}other\.a b\+c\/d\.é\(!\): 1 of 1 documents were refused: E11000 duplicate key/,
    });
    assert.equal(await client.db("other").collection("customers").countDocuments(), 4, "what was missing came back");
  });

  it("names a unique index that the documents there break", async () => {
    await fill();
    const customers = client.db("shop").collection<{ _id: unknown; email: string }>("customers");
    await customers.createIndex({ email: 1 }, { unique: true });
    const backup = await source().backUp(FULL, repository, quiet);
    await customers.drop();
    await customers.insertMany([5, 6].map((_id) => ({ _id, email: "twice" })));
    await assert.rejects(restore(backup, { drop: false }), /index email_1 was refused: .*(E11000|UNIQUE)/);
  });

  it("changes nothing when the backup is not whole", async () => {
    await fill();
    const backup = await source().backUp(FULL, repository, quiet);
    const [name] = Object.keys(contentsOf(repository.fileOf(backup.locator, ""))).filter((one) =>
      one.endsWith("customers.bson"),
    );
    const file = repository.fileOf(backup.locator, name!);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 7));
    await client
      .db("shop")
      .collection("customers")
      .insertOne({ _id: "newer" as never });
    await assert.rejects(
      restore(backup),
      /customers\.bson: it ends in the middle of a document: \d+ bytes are left at byte \d+/,
    );
    assert.equal(await client.db("shop").collection("customers").countDocuments(), 4);
    writeFileSync(file, whole.subarray(0, whole.readInt32LE(0)));
    await assert.rejects(
      restore(backup),
      /is not whole; nothing was changed\n {2}shop\.customers: 3 was backed up, 1 came back/,
    );
    assert.equal(await client.db("shop").collection("customers").countDocuments(), 4);
  });

  describe("proof", () => {
    const prove = (backup: Backup, more: Partial<MongodbOptions>) =>
      source(more).prove(backup, repository, at("scratch"), quiet);

    it("restores into a server of its own and leaves nothing behind", async function () {
      await fill();
      const backup = await source().backUp(FULL, repository, quiet);
      const verdict = await prove(backup, { scratchServer: ferretdb(this) });
      assert.deepEqual([verdict.level, verdict.verified, verdict.reasons], ["restore", true, []]);
      assert.deepEqual(readdirSync(at("scratch")), []);
    });

    it("says that it only read where there is no server to restore into", async function () {
      if (isOnPath("mongod")) this.skip();
      await fill();
      const backup = await source().backUp(FULL, repository, quiet);
      const { level, verified, reasons } = await prove(backup, {});
      assert.deepEqual([level, verified], ["read", true]);
      assert.equal(reasons.length, 1);
      assert.match(reasons[0]!, /^read back only: there is no MongoDB server to restore into\. Install mongod/);
    });

    it("finds a bit that was flipped, a lost document, a wrong sentinel, a lost collection", async function () {
      await fill();
      const backup = await source().backUp(FULL, repository, quiet);
      const scratchServer = ferretdb(this);
      const all = Object.keys(contentsOf(repository.fileOf(backup.locator, "")));
      const file = repository.fileOf(
        backup.locator,
        all.find((one) => one.endsWith("customers.bson"))!,
      );
      const whole = readFileSync(file);
      const flipped = Buffer.from(whole);
      flipped[4] = 0x2a; // a type that there is not
      writeFileSync(file, flipped);
      assert.deepEqual((await prove(backup, { scratchServer })).reasons, [
        "customers.bson: there is no BSON type 42, at 9",
      ]);
      writeFileSync(file, whole.subarray(whole.readInt32LE(0)));
      assert.deepEqual((await prove(backup, { scratchServer })).reasons, [
        "shop.customers: 3 was backed up, 2 came back",
      ]);
      writeFileSync(file, whole);
      const other = await prove({ ...backup, sentinel: "another" }, { scratchServer });
      assert.deepEqual(other.reasons, ["the value written just before the backup is not in it"]);
      const more = await prove({ ...backup, counts: { ...backup.counts, "shop.lost": 4 } }, { scratchServer });
      assert.deepEqual([more.verified, more.reasons], [false, ["shop.lost: 4 was backed up, no collection came back"]]);
    });

    it("says nothing of the backup when the scratch server does not start", async () => {
      await fill();
      const backup = await source().backUp(FULL, repository, quiet);
      await assert.rejects(
        prove(backup, { scratchServer: ["false"] }),
        /scratch server false: it ended with exit code 1/,
      );
      assert.deepEqual(readdirSync(at("scratch")), []);
    });
  });
});
