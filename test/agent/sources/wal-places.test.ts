import assert from "node:assert/strict";
import { placeOfSegment, placeReplayed } from "../../../agent/sources/postgresql/pgbackrest";

describe("agent/sources/postgresql/pgbackrest, the order of WAL", () => {
  it("goes on from one log to the next, on any timeline", () => {
    assert.equal(placeOfSegment("000000010000000000000007"), 7);
    assert.equal(placeOfSegment("0000000200000001000000FF"), 0x1ff);
    assert.equal(placeOfSegment("000000020000000200000000"), 0x200);
  });

  it("takes a segment for replayed only if something of it was", () => {
    assert.equal(placeReplayed("0/7000028"), 7);
    assert.equal(placeReplayed("0/8000000"), 7, "the end of one is not the beginning of the next");
    assert.equal(placeReplayed("0/8000001"), 8);
    assert.equal(placeReplayed("16/B374D848"), 0x16b3);
    assert.equal(placeReplayed("2/0"), 0x1ff);
  });
});
