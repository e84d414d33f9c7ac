import assert from "node:assert/strict";
import { nearest } from "../../plan/nearest";

describe("plan/nearest", () => {
  const known = ["backup", "database", "replica", "replicaLag", "retention"];
  for (const [word, expected] of [
    ["bakup", "backup"],
    ["backups", "backup"],
    ["abckup", "backup"],
    ["Backup", "backup"],
    ["replicalag", "replicaLag"],
    ["datbase", "database"],
    ["colour", undefined],
    ["", undefined],
    ["b", undefined],
    ["backup".repeat(50), undefined],
  ] as const) {
    it(`${word.slice(0, 20) || "nothing"} means ${expected ?? "nothing known"}`, () =>
      assert.equal(nearest(word, known), expected));
  }
});
