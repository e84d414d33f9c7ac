import assert from "node:assert/strict";
import { findProblems, type DatabaseStatus } from "../../cli/status";

const SITES = ["prod", "dr"];
const live = { site: "prod", epoch: 2 };
const primary = (site: string, epoch?: number, database = "orders"): DatabaseStatus => ({
  ...{ site, database, role: "primary" },
  ...(epoch === undefined ? {} : { epoch }),
});
const standby = (site: string, streaming = true, database = "orders"): DatabaseStatus => ({
  ...{ site, database, role: "standby", streaming, epoch: 2 },
});
const gone = (site: string, database = "orders"): DatabaseStatus => ({
  site,
  database,
  role: "unreachable",
  error: "no",
});

const fenced = (site: string): DatabaseStatus => ({ site, database: "orders", role: "fenced", epoch: 2 });
const hung = (site: string): DatabaseStatus => ({ ...gone(site), error: "does not answer within 5 s", silent: true });

describe("cli/status findProblems", () => {
  it("finds none with one writer, named by the record, and a copy that streams", () =>
    assert.deepEqual(findProblems(SITES, live, [primary("prod", 2), standby("dr")]), []));

  const cases: readonly [string, Parameters<typeof findProblems>[1], DatabaseStatus[], string[]][] = [
    [
      "two writers",
      live,
      [primary("prod", 2), primary("dr", 2)],
      ["orders: TWO WRITERS, prod and dr", "orders: dr takes writes, and the record names prod"],
    ],
    ["two standbys", live, [standby("prod"), standby("dr")], ["orders: no site takes writes"]],
    ["nothing that answers", live, [gone("prod"), gone("dr")], ["orders: no site takes writes"]],
    [
      "a standby that does not stream",
      live,
      [primary("prod", 2), standby("dr", false)],
      ["orders: one copy only; dr has no streaming replica"],
    ],
    [
      "a standby that is gone",
      live,
      [primary("prod", 2), gone("dr")],
      ["orders: one copy only; dr has no streaming replica"],
    ],
    [
      "a writer that the record does not name",
      { site: "dr", epoch: 3 },
      [primary("prod", 2), standby("dr")],
      ["orders: prod takes writes, and the record names dr"],
    ],
    [
      "a writer with another epoch than the record's",
      { site: "prod", epoch: 3 },
      [primary("prod", 2), standby("dr")],
      ["orders: prod holds epoch 2, the record says 3"],
    ],
    [
      "a fenced server, which is no second writer",
      { site: "dr", epoch: 3 },
      [fenced("prod"), primary("dr", 3)],
      ["orders: one copy only; prod is fenced (read-only)"],
    ],
    [
      "a fence and nobody promoted",
      live,
      [fenced("prod"), standby("dr")],
      ["orders: no site takes writes; prod is fenced (read-only)"],
    ],
    [
      "a standby that hangs",
      live,
      [primary("prod", 2), hung("dr")],
      ["orders: one copy only; dr does not answer within 5 s"],
    ],
    [
      "a live server that hangs, of which nobody knows whether it writes",
      live,
      [hung("prod"), standby("dr")],
      ["orders: no site is known to take writes; prod does not answer within 5 s"],
    ],
    ["no record", undefined, [primary("prod", 2), standby("dr")], ["no authority record: the DNS stack is not up"]],
    [
      "one database of two that is not well",
      live,
      [primary("prod", 2), standby("dr"), primary("prod", 2, "users"), gone("dr", "users")],
      ["users: one copy only; dr has no streaming replica"],
    ],
  ];
  for (const [title, authority, databases, problems] of cases)
    it(`finds ${title}`, () => assert.deepEqual(findProblems(SITES, authority, databases), problems));

  describe("without a replica", () => {
    const waiting = (error?: string): DatabaseStatus => ({
      ...{ site: "dr", database: "orders", role: "waiting" },
      restorable: { backup: "orders-20261121T020000.000Z-full", endedAt: "2026-11-21T02:10:00.000Z" },
      ...(error === undefined ? {} : { error }),
    });
    it("takes verified backups for the copy", () =>
      assert.deepEqual(findProblems(SITES, live, [primary("prod", 2), waiting()]), []));
    it("finds one copy only where there is nothing to restore, and says why", () =>
      assert.deepEqual(findProblems(SITES, live, [primary("prod", 2), waiting("none of 2 backups is verified")]), [
        "orders: one copy only; dr could not be recovered by restore: none of 2 backups is verified",
      ]));
    it("does not take backups for a writer", () =>
      assert.deepEqual(findProblems(SITES, live, [gone("prod"), waiting()]), ["orders: no site takes writes"]));
  });

  it("wants a copy at every site of three", () =>
    assert.deepEqual(findProblems(["prod", "dr", "far"], live, [primary("prod", 2), standby("dr"), gone("far")]), [
      "orders: one copy only; far has no streaming replica",
    ]));
});
