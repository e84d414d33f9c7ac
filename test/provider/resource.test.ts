import assert from "node:assert/strict";
import * as fc from "fast-check";
import { changed, complete, isUnknown, present } from "../../provider/resource";

describe("provider/resource", () => {
  const same: readonly [string, unknown, unknown][] = [
    ["equal text", "a", "a"],
    ["equal lists", ["a", { b: 1 }], ["a", { b: 1 }]],
    ["maps whose keys stand in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
    ["absent and undefined", undefined, undefined],
    ["absent and null", null, undefined],
  ];
  for (const [title, old, now] of same)
    it(`sees no change in ${title}`, () => assert.deepEqual(changed(["x"], { x: old }, { x: now }), []));

  const different: readonly [string, unknown, unknown][] = [
    ["other text", "a", "b"],
    ["a number that became text", 1, "1"],
    ["false that was absent", undefined, false],
    ["zero that was absent", undefined, 0],
    ["lists in another order", ["a", "b"], ["b", "a"]],
    ["something deep inside", { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
    ["a value that is gone", "a", undefined],
  ];
  for (const [title, old, now] of different)
    it(`sees a change in ${title}`, () => assert.deepEqual(changed(["x"], { x: old }, { x: now }), ["x"]));

  it("looks at inputs only: what a resource learned is no change", () =>
    assert.deepEqual(changed(["a", "b"], { a: 1, b: 1, learned: "x" }, { a: 1, b: 2 }), ["b"]));

  it("never sees a change in what is the same", () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (map) => {
        assert.deepEqual(changed(Object.keys(map), map, structuredClone(map)), []);
      }),
    ));

  it("knows the engine's word for a value that a preview cannot know", () => {
    assert.equal(isUnknown("04da6b54-80e4-46f7-96ec-b56ff0331ba9"), true);
    for (const known of ["", undefined, null, "unknown"]) assert.equal(isUnknown(known), false);
  });

  it("leaves out what is not there, in what is sent: an engine takes no undefined", () => {
    assert.deepEqual(Object.keys(present({ a: 1, b: undefined, c: "" })), ["a", "c"]);
    assert.deepEqual(complete({ mayBeAbsent: ["b"] }, { a: 1, b: undefined }), { a: 1, b: "" });
  });
});
