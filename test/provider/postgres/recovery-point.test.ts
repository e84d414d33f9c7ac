import assert from "node:assert/strict";
import { isOf, parseRecoveryPoint, sourceOfBackup } from "../../../provider/postgres/recovery-point";

describe("provider/postgres/recovery-point", () => {
  it("reads latest, a moment of any zone, and the id of a backup", () => {
    assert.deepEqual(parseRecoveryPoint("latest"), { kind: "latest" });
    for (const text of ["2026-11-21T17:30:00Z", "2026-11-21T18:30:00+01:00", "2026-11-21T17:30Z"])
      assert.deepEqual(parseRecoveryPoint(text), { kind: "time", time: "2026-11-21T17:30:00.000Z" });
    const id = "orders-20261121T020000.000Z-incr";
    assert.deepEqual(parseRecoveryPoint(id), { kind: "backup", id });
  });

  for (const text of ["", "Latest", "yesterday", "orders", "2026-13-41T17:30:00Z", "orders-20261121T020000.000Z"])
    it(`refuses ${text || "nothing"}, and says what it must be`, () =>
      assert.throws(() => parseRecoveryPoint(text), {
        message:
          /^must be latest, a moment such as 2026-11-21T17:30:00Z, or the id of a backup \(npx pulumi-dr backups\)/,
      }));

  for (const text of ["2026-11-21", "2026-11-21T17:30:00", "2026-11-21 17:30:00Z"])
    it(`refuses ${text}, whose time or zone is missing: an hour off is an hour lost`, () =>
      assert.throws(() => parseRecoveryPoint(text), { message: /a moment needs its time and its zone; got 2026/ }));

  it("knows by its id which database a backup is of", () => {
    assert.equal(sourceOfBackup("my-orders-20261121T020000.000Z-full"), "my-orders");
    assert.equal(sourceOfBackup("orders.dump-20261121T020000.000Z-full"), "orders.dump");
    assert.equal(sourceOfBackup("latest"), undefined);
    assert.deepEqual(
      ["orders", "orders.dump", "my-orders", "orders2"].map((source) => isOf(source, "orders")),
      [true, true, false, false],
    );
  });
});
