import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { Crc64 } from "../../../agent/sources/redis/crc64";
import { RdbReader, readRdb, type RdbSummary } from "../../../agent/sources/redis/rdb";

const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const bytes = (...values: readonly (number | Buffer)[]) =>
  Buffer.concat(values.map((value) => (typeof value === "number" ? Buffer.from([value]) : value)));
/** An RDB with its end mark and checksum. */
function rdb(body: Buffer, format = "0009"): Buffer {
  const summed = Buffer.concat([Buffer.from(`REDIS${format}`), body, Buffer.from([0xff])]);
  const crc = new Crc64();
  crc.update(summed);
  return Buffer.concat([summed, crc.digest()]);
}
const read = (whole: Buffer, endingBefore?: number): RdbSummary => {
  const reader = new RdbReader(endingBefore);
  reader.push(whole);
  return reader.end();
};
const long = (size: number) => bytes(0x80, Buffer.from([0, 0, size >> 8, size & 255]));

/** One key of each way in which Redis 5 to 8 write values. */
const VALUES: Readonly<Record<string, Buffer>> = {
  string: bytes(0, text("k"), text("v")),
  "empty string": bytes(0, text("k"), text("")),
  "8-bit number": bytes(0, text("k"), 0xc0, 7),
  "16-bit number": bytes(0, text("k"), 0xc1, 7, 7),
  "32-bit number": bytes(0, text("k"), 0xc2, 7, 7, 7, 7),
  "packed string": bytes(0, text("k"), 0xc3, 3, 0x40, 100, 1, 2, 3),
  "string of 300 bytes": bytes(0, text("k"), 0x41, 0x2c, Buffer.alloc(300)),
  "string with a 32-bit length": bytes(0, text("k"), long(700), Buffer.alloc(700)),
  "string with a 64-bit length": bytes(0, text("k"), 0x81, Buffer.from([0, 0, 0, 0, 0, 0, 0, 2]), 1, 2),
  "packed key": bytes(0, 0xc3, 2, 0x40, 100, 1, 2, text("v")),
  list: bytes(1, text("k"), 2, text("a"), text("b")),
  set: bytes(2, text("k"), 1, text("a")),
  "scores as text": bytes(3, text("k"), 3, text("a"), 3, Buffer.from("1.5"), text("b"), 253, text("c"), 255),
  hash: bytes(4, text("k"), 1, text("f"), text("v")),
  "scores as bytes": bytes(5, text("k"), 1, text("a"), Buffer.alloc(8, 9)),
  "module's value": bytes(
    7,
    text("k"),
    0x81,
    Buffer.alloc(8, 1),
    1,
    5,
    2,
    6,
    3,
    Buffer.alloc(4),
    4,
    Buffer.alloc(8),
    5,
    text("s"),
    0,
  ),
  ...Object.fromEntries(
    [9, 10, 11, 12, 13, 16, 17, 20].map((type) => [`small form ${type}`, bytes(type, text("k"), text("packed"))]),
  ),
  "list of ziplists": bytes(14, text("k"), 2, text("one"), text("two")),
  "list of listpacks": bytes(18, text("k"), 2, 2, text("one"), 1, text("two")),
  "stream of Redis 5": bytes(
    15,
    text("k"),
    1,
    text("id"),
    text("pack"),
    1,
    2,
    3,
    1,
    text("group"),
    1,
    2,
    1,
    Buffer.alloc(24),
    5,
    1,
    text("me"),
    Buffer.alloc(8),
    1,
    Buffer.alloc(16),
  ),
  "stream of Redis 7.0": bytes(
    19,
    text("k"),
    1,
    text("id"),
    text("pack"),
    Buffer.alloc(8, 1),
    1,
    text("group"),
    1,
    2,
    3,
    0,
    1,
    text("me"),
    Buffer.alloc(8),
    0,
  ),
  "stream of Redis 7.2": bytes(
    21,
    text("k"),
    0,
    Buffer.alloc(8, 1),
    1,
    text("group"),
    1,
    2,
    3,
    0,
    1,
    text("me"),
    Buffer.alloc(16),
    0,
  ),
  "hash whose fields end": bytes(24, text("k"), Buffer.alloc(8), 1, 5, text("f"), text("v")),
  "small hash whose fields end": bytes(25, text("k"), Buffer.alloc(8), text("pack")),
  "key with a use count": bytes(0xf9, 5, 0, text("k"), text("v")),
  "key with an idle time": bytes(0xf8, 5, 0, text("k"), text("v")),
};

describe("RDB", () => {
  it("is summed up as Redis does, in pieces as in one", () => {
    const crc = new Crc64();
    crc.update(Buffer.from("123456789"));
    assert.equal(crc.digest().readBigUInt64LE(0).toString(16), "e9c6d914c4b8d9ca"); // the check value in Redis' crc64.c
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        const one = new Crc64();
        const many = new Crc64();
        one.update(Buffer.concat(pieces));
        for (const piece of pieces) many.update(Buffer.from(piece));
        assert.deepEqual(one.digest(), many.digest());
      }),
    );
  });

  for (const [name, body] of Object.entries(VALUES))
    it(`passes a ${name} to its last byte`, () => {
      const { keys } = read(rdb(Buffer.concat([body, bytes(0, text("next"), text("v"))])));
      assert.deepEqual(keys, { db0: 2 });
    });

  it("counts keys by database, and those whose time ends", () => {
    const ms = Buffer.alloc(8);
    ms.writeBigInt64LE(5_000n);
    const body = bytes(
      ...[0xfa, text("redis-ver"), text("7.0.15"), 0xf5, text("library"), 0xfe, 0, 0xfb, 3, 2],
      ...[
        0,
        text("a"),
        text("v"),
        0xfc,
        ms,
        0,
        text("b"),
        text("v"),
        0xfd,
        Buffer.from([9, 0, 0, 0]),
        0,
        text("c"),
        text("v"),
      ],
      ...[0xfe, 11, 0, text("dr:sentinel"), text("value")],
    );
    const whole = rdb(body, "0010");
    const expected = { format: 10, keys: { db0: 3, db11: 1 }, sentinels: ["value"], checksum: true };
    assert.deepEqual(read(whole), { ...expected, ending: {} });
    assert.deepEqual(read(whole, 5_001), { ...expected, ending: { db0: 1 } });
    assert.deepEqual(read(whole, 9_001), { ...expected, ending: { db0: 2 } });
  });

  const all = rdb(Buffer.concat(Object.values(VALUES)));

  it("is the same however it is cut into pieces", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: all.length })), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), all.length];
        // eslint-disable-next-line @typescript-eslint/require-await
        async function* pieces() {
          for (const [index, place] of places.entries()) if (index > 0) yield all.subarray(places[index - 1], place);
        }
        assert.deepEqual(await readRdb(pieces()), read(all));
      }),
    );
  });

  it("is refused when it is cut off at any byte, or one bit of it is another", () => {
    for (let size = 0; size < all.length; size++) assert.throws(() => read(all.subarray(0, size)), /cut off at byte/);
    for (let place = 0; place < all.length; place++) {
      const flipped = Buffer.from(all);
      flipped[place]! ^= 1 << (place % 8);
      assert.throws(() => read(flipped), Error, `bit ${place % 8} of byte ${place}`);
    }
  });

  it("leaves out the mark of 40 bytes that redis-cli may send behind, and nothing else", () => {
    const reader = new RdbReader();
    const own = Buffer.concat([
      reader.push(Buffer.concat([all, Buffer.alloc(7, 65)])),
      reader.push(Buffer.alloc(33, 65)),
    ]);
    assert.deepEqual(own, all);
    reader.end();
    assert.throws(() => read(Buffer.concat([all, Buffer.alloc(39)])), { message: "there are 39 bytes after its end" });
    assert.throws(() => read(Buffer.concat([all, Buffer.alloc(41)])), /there are bytes after its end/);
  });

  it("says that there is no checksum where a server writes none", () => {
    const without = Buffer.concat([all.subarray(0, -8), Buffer.alloc(8)]);
    assert.equal(read(without).checksum, false);
  });

  it("refuses what it does not know", () => {
    assert.throws(() => read(Buffer.from("VALKEY080 and so on")), { message: "it does not begin as an RDB does" });
    assert.throws(() => read(rdb(bytes(99, text("k")))), {
      message: "there is no value of type 99 that this agent knows",
    });
  });
});
