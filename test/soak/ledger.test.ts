import { strict as assert } from "node:assert";
import { judgeItems, judgeTree, type Change, type Item } from "./ledger";

const item = (n: number, sentMs: number, ackMs?: number): Item => ({
  ...{ n, checksum: `c${n}`, sentMs },
  ...(ackMs === undefined ? {} : { ackMs }),
});
const found = (...numbers: number[]) => numbers.map((n) => ({ n, checksum: `c${n}` }));
const window = { fromMs: 100, toMs: 200 };

describe("a ledger of items", () => {
  const items = [item(1, 10, 20), item(2, 90, 110), item(3, 150, 160), item(4, 30), item(5, 210, 220)];

  it("finds all well that holds what was acknowledged before, and any of what was under way", () => {
    for (const some of [found(1), found(1, 2), found(1, 2, 3, 4), found(1, 4)])
      assert.deepEqual(judgeItems(items, some, window).wrong, []);
  });

  it("misses what was acknowledged before the backup began", () =>
    assert.deepEqual(judgeItems(items, found(2), window).wrong, ["1 acknowledged before the backup and not in it: 1"]));

  it("finds what was never written, or only after the backup had ended", () => {
    assert.deepEqual(judgeItems(items, found(1, 9), window).wrong, ["1 in it and never written: 9"]);
    assert.deepEqual(judgeItems(items, found(1, 5), window).wrong, ["1 in it and written only after it: 5"]);
  });

  it("finds what is there with another content, or twice", () => {
    assert.deepEqual(judgeItems(items, [{ n: 1, checksum: "other" }], window).wrong, [
      "1 in it with another content: 1",
    ]);
    assert.deepEqual(judgeItems(items, found(1, 1), window).wrong, ["1 in it twice"]);
  });

  it("counts on nothing that was never acknowledged", () =>
    assert.deepEqual(judgeItems([item(4, 30)], [], window).wrong, []));

  it("names ten of many", () => {
    const many = Array.from({ length: 12 }, (_, at) => item(at + 1, 1, 2));
    assert.deepEqual(judgeItems(many, [], window).wrong, [
      "12 acknowledged before the backup and not in it: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …",
    ]);
  });
});

describe("a ledger of a tree", () => {
  const change = (path: string, checksum: string | undefined, beganMs: number, doneMs: number): Change => ({
    ...{ path, checksum, beganMs, doneMs },
  });
  const changes = [
    change("a", "1", 10, 20),
    change("b", "1", 10, 20),
    change("c", "1", 10, 20),
    change("a", "2", 120, 130),
    change("b", undefined, 95, 105),
    change("d", "1", 190, 210),
    change("e", "1", 201, 205),
  ];
  const tree = (files: Record<string, string>) => new Map(Object.entries(files));

  it("finds each path well that holds what it held at any moment of the backup", () => {
    const possible: readonly Record<string, string>[] = [
      { a: "1", b: "1", c: "1" },
      { a: "2", c: "1" },
      { a: "1", c: "1", d: "1" },
    ];
    for (const files of possible) assert.deepEqual(judgeTree(changes, tree(files), window).wrong, []);
  });

  it("finds what is not there, is older, is newer or was never written", () => {
    assert.deepEqual(judgeTree(changes, tree({ a: "1", b: "1" }), window).wrong, ["c: not there; it can only be 1"]);
    assert.deepEqual(judgeTree(changes, tree({ a: "3", c: "1" }), window).wrong, ["a: 3; it can only be 1, 2"]);
    assert.deepEqual(judgeTree(changes, tree({ a: "1", c: "1", e: "1" }), window).wrong, [
      "e: 1; it can only be not there",
    ]);
    assert.deepEqual(judgeTree(changes, tree({ a: "1", c: "1", x: "1" }), window).wrong, [
      "x: in it and never written",
    ]);
  });
});
