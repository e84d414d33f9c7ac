import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { BSON } from "mongodb";
import { BsonError, checkDocument, documentsOf } from "../../../agent/sources/mongodb/bson-bytes";
import { fileNameOf, isLeftOut, metadataText, readMetadata } from "../../../agent/sources/mongodb/layout";

const serialized = (document: BSON.Document) => Buffer.from(BSON.serialize(document));
const { BSONRegExp, Binary, Code, Decimal128, Long, MaxKey, MinKey, ObjectId, Timestamp } = BSON;

const ALL = serialized({
  ...{ _id: new ObjectId(), double: 1.5, text: "añ", none: null, yes: true, int: 1, long: Long.MAX_VALUE },
  ...{ nested: { list: [1, [2, { deep: "x" }]] }, bytes: new Binary(Buffer.from([1, 2, 3])), when: new Date(5) },
  ...{ expression: new BSONRegExp("a", "i"), code: new Code("f"), scoped: new Code("g", { x: 1 }), min: new MinKey() },
  ...{ max: new MaxKey(), at: new Timestamp({ t: 1, i: 2 }), exact: Decimal128.fromString("1.10") },
});

// eslint-disable-next-line @typescript-eslint/require-await
async function* pieces(bytes: Buffer, cuts: readonly number[]) {
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [index, place] of places.entries()) if (index > 0) yield bytes.subarray(places[index - 1], place);
}
async function collected(bytes: Buffer, cuts: readonly number[] = []): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const document of documentsOf(pieces(bytes, cuts))) found.push(Buffer.from(document));
  return found;
}

describe("BSON as bytes", () => {
  it("is cut into its documents, however it comes", async () => {
    const documents = [serialized({}), ALL, serialized({ a: "x".repeat(300) }), ALL, serialized({})];
    const whole = Buffer.concat(documents);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 30 }), async (cuts) =>
        assert.deepEqual(await collected(whole, cuts), documents),
      ),
    );
    assert.deepEqual(await collected(Buffer.alloc(0)), []);
  });

  it("is refused when it ends within a document, or a length cannot be", async () => {
    const whole = Buffer.concat([ALL, ALL]);
    for (let size = 1; size < whole.length; size++)
      if (size !== ALL.length) await assert.rejects(collected(whole.subarray(0, size)), BsonError);
    for (const size of [-1, 0, 4, 17 * 1024 * 1024]) {
      const bytes = Buffer.concat([ALL, ALL]);
      bytes.writeInt32LE(size, ALL.length);
      await assert.rejects(collected(bytes), { message: `no document of ${size} bytes can be at byte ${ALL.length}` });
    }
  });

  it("is walked to its end: a broken length, type or string is found", () => {
    checkDocument(ALL);
    const types = [0x00, 0x14, 0x42, 0x80];
    for (const type of types) {
      const broken = serialized({ a: 1 });
      broken[4] = type;
      assert.throws(() => checkDocument(broken), BsonError, `type ${type}`);
    }
    const text = serialized({ a: "text" });
    for (const [place, value] of [
      [7, 200],
      [7, 0],
      [text.length - 2, 65],
      [text.length - 1, 1],
    ] as const) {
      const broken = Buffer.from(text);
      broken[place] = value;
      assert.throws(() => checkDocument(broken), BsonError, `byte ${place} is ${value}`);
    }
    let deep: BSON.Document = {};
    for (let level = 0; level < 300; level++) deep = { a: deep };
    assert.throws(() => checkDocument(serialized(deep)), { message: "documents lie more than 200 deep in each other" });
  });

  it("never goes past its end or for ever, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 4, max: ALL.length - 1 }),
        (noise, at) => {
          const broken = Buffer.from(ALL);
          broken.set(noise.subarray(0, broken.length - at), at);
          try {
            checkDocument(broken);
          } catch (error) {
            assert.ok(error instanceof BsonError, String(error));
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("mongodump's layout", () => {
  it("names files as Go's url.QueryEscape does, and cuts long names", () => {
    assert.equal(fileNameOf("plain.name-1_~"), "plain.name-1_~");
    assert.equal(fileNameOf("a b+c/d$é(!)*'"), "a+b%2Bc%2Fd%24%C3%A9%28%21%29%2A%27");
    assert.equal(fileNameOf("x".repeat(238)), "x".repeat(238));
    const long = fileNameOf("x".repeat(239));
    assert.equal(long.length, 238);
    assert.match(long, /^x{208}%24[\w-]{27}$/);
  });

  it("leaves out what mongodump leaves out", () => {
    const left = (names: readonly string[], database = "shop") => names.filter((name) => isLeftOut(database, name));
    assert.deepEqual(left(["rows", "system.js", "system.views", "system.profile", "system.buckets.w", "a$b"]), [
      ...["system.views", "system.profile", "system.buckets.w", "a$b"],
    ]);
    assert.deepEqual(left(["system.users", "system.roles", "system.version", "system.keys"], "admin"), ["system.keys"]);
  });

  it("keeps the types of options and indexes in metadata", () => {
    const options = { capped: true, size: Long.fromNumber(4096), max: new BSON.Int32(5), ratio: new BSON.Double(1) };
    const indexes = [{ v: new BSON.Int32(2), key: { a: new BSON.Int32(1) }, name: "a_1" }];
    const metadata = { options, indexes, uuid: "00ff", collectionName: "rows", type: "collection" };
    assert.equal(
      metadataText(metadata),
      '{"options":{"capped":true,"size":{"$numberLong":"4096"},"max":{"$numberInt":"5"},"ratio":{"$numberDouble":"1.0"}},' +
        '"indexes":[{"v":{"$numberInt":"2"},"key":{"a":{"$numberInt":"1"}},"name":"a_1"}],"uuid":"00ff",' +
        '"collectionName":"rows","type":"collection"}',
    );
    assert.equal(metadataText(readMetadata(metadataText(metadata))), metadataText(metadata));
    assert.throws(() => readMetadata("{}"), { message: "it names no collection or no indexes" });
  });
});
