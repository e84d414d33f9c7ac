import assert from "node:assert/strict";
import { inWordsBehind, withDistances } from "../../cli/behind";
import type { DatabaseStatus } from "../../evidence/state";

const writer: DatabaseStatus = { site: "prod", database: "orders", role: "primary", position: "1/00000010" };
const standby: DatabaseStatus = { site: "dr", database: "orders", role: "standby", streaming: false };

describe("cli/behind", () => {
  const distance = (...databases: DatabaseStatus[]) =>
    withDistances(databases).find(({ role }) => role === "standby")!.behindBytes;

  it("measures a standby by what the writer of the same database has written, fenced or not", () => {
    const behind = { ...standby, position: "0/FFFFFFF0" };
    assert.equal(distance(writer, behind), 32);
    assert.equal(distance({ ...writer, role: "fenced" }, behind), 32);
    assert.equal(distance({ ...writer, database: "users" }, behind), undefined);
  });

  it("asks the one that writes where another is fenced", () =>
    assert.equal(
      distance({ ...writer, site: "far", role: "fenced", position: "9/0" }, writer, { ...standby, position: "1/0" }),
      16,
    ));

  it("takes a standby that was asked a moment later for one that has all", () =>
    assert.equal(distance(writer, { ...standby, position: "1/00000020" }), 0));

  it("says nothing of a distance where the writer does not answer, or nothing was received", () => {
    assert.equal(distance({ ...writer, role: "unreachable" }, { ...standby, position: "1/0" }), undefined);
    assert.equal(distance(writer, standby), undefined);
  });

  for (const [title, of, words] of [
    ["that streams", { streaming: true, lagSeconds: 0.04, behindBytes: 7 }, "streaming, 0.0 s behind"],
    ["that streams and has replayed no commit", { streaming: true }, "streaming"],
    [
      "that is cut off from a writer which answers",
      { behindBytes: 4096, lastCommit: "2026-11-21T12:00:00.000Z" },
      "NOT STREAMING, 4096 bytes of WAL behind the writer, its newest commit is of 2026-11-21T12:00:00.000Z",
    ],
    ["whose writer does not answer", {}, "NOT STREAMING, how far behind is not known"],
  ] as const)
    it(`tells of a standby ${title} what is known`, () => assert.equal(inWordsBehind({ ...standby, ...of }), words));
});
