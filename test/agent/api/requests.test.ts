import assert from "node:assert/strict";
import * as fc from "fast-check";
import { pageOf } from "../../../agent/api/history";
import { Problem } from "../../../agent/api/problem";
import { nameOfTarget, restoreOrder, type RestoreBody } from "../../../agent/api/restore";
import { held } from "./fake";

describe("agent/api/history", () => {
  const three = [
    held({ id: "a", startedAt: "2026-11-19T02:00:00.000Z" }, { verified: true }),
    held({ id: "c", startedAt: "2026-11-21T02:00:00.000Z", type: "incr" }),
    held({ id: "b", startedAt: "2026-11-20T02:00:00.000Z", source: "cache" }, { verified: false, reasons: ["torn"] }),
  ];
  const ids = (query: Partial<Parameters<typeof pageOf>[1]>) =>
    pageOf(three, { limit: 50, ...query })
      .backups.map(({ id }) => id)
      .join("");

  it("is newest first, and narrowed by each filter", () => {
    assert.equal(ids({}), "cba");
    assert.equal(ids({ source: "orders" }), "ca");
    assert.equal(ids({ type: "incr" }), "c");
    assert.deepEqual([ids({ state: "verified" }), ids({ state: "failed" }), ids({ state: "taken" })], ["a", "b", "c"]);
    assert.equal(ids({ from: "2026-11-20T03:00:00+01:00", to: "2026-11-20T02:00:00Z" }), "b");
  });

  it("says why one could not be proven", () =>
    assert.deepEqual(
      pageOf(three, { limit: 50, state: "failed" }).backups.map(({ state, verdict }) => [state, verdict?.reasons]),
      [["failed", ["torn"]]],
    ));

  it("leaves out and repeats nothing over its pages, even while new backups come in", () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        (days, limit) => {
          const of = (day: number) =>
            held({ id: `id-${day}`, startedAt: new Date((day >> 1) * 86_400_000).toISOString() });
          const all = days.map(of);
          const got: string[] = [];
          let cursor: string | undefined;
          do {
            const page = pageOf(all, { limit, ...(cursor ? { cursor } : {}) });
            assert.ok(page.backups.length <= limit);
            got.push(...page.backups.map(({ id }) => id));
            cursor = page.next;
            if (cursor) all.unshift(of(1_000_000 + got.length)); // newer than all
          } while (cursor);
          assert.deepEqual([...got].sort(), days.map((day) => `id-${day}`).sort());
        },
      ),
    ));
});

describe("agent/api/restore", () => {
  const backup = held({ id: "b1", kind: "logical" }, { verified: true });
  const physical = held({ id: "b1" }, { verified: true });
  const now = new Date("2026-11-23T00:00:00Z");
  const target = "/srv/restored";
  const order = (body: Partial<RestoreBody>, of = backup) => restoreOrder(of, { backupId: "b1", ...body }, now);
  const refused = (body: Partial<RestoreBody>, status: number, detail: string, wayOut?: RegExp, of = backup) =>
    assert.throws(
      () => order(body, of),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.deepEqual([error.status, error.message], [status, detail]);
        if (wayOut) assert.match(error.wayOut, wayOut);
        return true;
      },
    );

  it("wants the name of what is overwritten, typed", () => {
    const detail = "this overwrites orders: `confirm` must be that name";
    refused({}, 422, detail, /send the same again with "confirm": "orders"/);
    refused({ confirm: "Orders" }, 422, detail);
    refused({ confirm: "yes" }, 422, detail);
    assert.deepEqual(order({ confirm: "orders" }), { backup: backup.backup, target: undefined, drop: true });
    assert.deepEqual(order({ target: "orders", confirm: "orders" }), order({ confirm: "orders" }));
  });

  it("wants the name of another target, without what may be a secret in it", () => {
    const target = "postgres://app:canary@db.test:5432/orders?password=canary";
    refused({ target, confirm: "orders" }, 422, "this overwrites db.test:5432/orders: `confirm` must be that name");
    assert.equal(order({ target, confirm: "db.test:5432/orders", drop: false }).target, target);
    assert.equal(nameOfTarget("orders", "/srv/restored"), "/srv/restored");
  });

  it("restores into no other source than its own", () =>
    refused({ target: "cache", confirm: "cache" }, 422, "`target` must be orders, an address or a folder"));

  it("refuses a place that this kind of backup never goes to, before anything is confirmed", () => {
    const folder = /^Name an empty folder as target, and start a server on it; or restore a dump\.$/;
    const itself = "`target` must be given: a physical backup is never restored over a server";
    refused({ confirm: "orders" }, 422, itself, folder, physical);
    refused(
      { target: "postgresql://db.test/orders" },
      422,
      "`target` must be the absolute path of a folder",
      folder,
      physical,
    );
    refused({ target }, 422, "`target` must be the address of a server of the same engine");
    const cache = held({ id: "b1", source: "cache", engine: "redis", kind: "logical" }, { verified: true });
    refused({}, 422, "`target` must be given: Redis reads its data only when it starts", undefined, cache);
    assert.equal(order({ target, confirm: target }, physical).target, target);
  });

  it("shows no password of a target that it refuses", () =>
    assert.throws(
      () => order({ target: "mongodb://app:canary@db.test/orders" }),
      (error: Problem) => !JSON.stringify([error, error.message, error.wayOut]).includes("canary"),
    ));

  it("refuses what does not fit the backup", () => {
    refused({ source: "cache" }, 422, "`source` must be orders, which this backup is of");
    refused({ type: "files" }, 422, "`type` must fit the backup, which is of engine postgresql");
    refused(
      { time: "2026-11-21T02:00:30Z" },
      422,
      "`time` must not be before the backup's end, 2026-11-21T02:01:00.000Z",
      undefined,
      physical,
    );
    refused(
      { time: "2026-11-23T01:30:00+01:00" },
      422,
      "`time` must not lie in the future, it is 2026-11-23T00:00:00.000Z now",
      undefined,
      physical,
    );
    refused({ time: "2026-11-22T00:00:00Z" }, 422, "`time` needs a physical backup of PostgreSQL");
    assert.equal(
      order({ time: "2026-11-22T00:00:00Z", type: "database", target, confirm: target }, physical).time,
      "2026-11-22T00:00:00Z",
    );
  });

  it("restores what could not be proven only if that is said in so many words", () => {
    const bad = held({ id: "b1", kind: "logical" }, { verified: false, reasons: ["torn page"] });
    refused(
      { confirm: "orders" },
      422,
      "`backupId` must not be of a backup that could not be proven",
      /torn page$/,
      bad,
    );
    assert.ok(order({ confirm: "orders", evenIfNotProven: true }, bad));
    assert.ok(
      order({ confirm: "orders" }, held({ id: "b1", kind: "logical" })),
      "one that nobody tried to prove may be tried",
    );
  });
});
