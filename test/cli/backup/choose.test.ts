import assert from "node:assert/strict";
import { chooseBackup, type Wanted } from "../../../cli/backup/choose";
import { UsageError } from "../../../cli/project";
import { entry } from "./entry";

const day = (date: string) => `2026-11-${date}T02:00:00.000Z`;
const orders = (date: string, change = {}) => entry({ startedAt: day(date), ...change });
const ALL = [
  orders("21", { state: "failed" }),
  orders("20"),
  orders("19"),
  entry({ source: "files", engine: "files", kind: "files", startedAt: day("21") }),
];

describe("cli/backup/choose", () => {
  const choose = (wanted: Wanted) => chooseBackup(ALL, wanted).id;

  it("takes the newest verified one of a source for latest, never one that failed", () =>
    assert.equal(choose({ id: "latest", source: "orders" }), ALL[1]!.id));
  it("takes a backup by its id, whatever its state", () => assert.equal(choose({ id: ALL[0]!.id }), ALL[0]!.id));
  it("takes the newest that had ended by the time that is wanted", () => {
    assert.equal(choose({ id: "latest", source: "orders", time: "2026-11-19T12:00:00.000Z" }), ALL[2]!.id);
    assert.equal(choose({ id: "latest", source: "orders", time: ALL[1]!.endedAt }), ALL[1]!.id);
  });

  const range =
    "orders can be brought back to any moment from 2026-11-19T02:01:00.000Z to the last WAL that was archived; with latest, the backup is chosen by the time";
  const refused: readonly [string, Wanted, string][] = [
    ["latest of nothing", { id: "latest" }, "latest is said of a source: add --source files or orders"],
    [
      "latest of a source without a verified backup",
      { id: "latest", source: "cache" },
      "cache has no verified backup. npx pulumi-dr backups cache lists what there is; npx pulumi-dr backup cache takes one",
    ],
    [
      "an id that is mistyped, with the nearest",
      { id: "orders-20261120T020000.000Z-ful" },
      'no repository holds a backup "orders-20261120T020000.000Z-ful". Did you mean orders-20261120T020000.000Z-full? npx pulumi-dr backups lists all',
    ],
    [
      "an id that is like none",
      { id: "nothing" },
      'no repository holds a backup "nothing". npx pulumi-dr backups lists all',
    ],
    [
      "a time before everything, with the range",
      { id: "latest", source: "orders", time: "2026-11-01T00:00:00.000Z" },
      `--time lies before everything that can be restored; got 2026-11-01T00:00:00.000Z. ${range}`,
    ],
    [
      "a time before the end of the backup that is named, with the range",
      { id: ALL[1]!.id, time: "2026-11-20T02:00:30.000Z" },
      `--time must not be before ${ALL[1]!.id} ended, at 2026-11-20T02:01:00.000Z; got 2026-11-20T02:00:30.000Z. ${range}`,
    ],
    [
      "a time for files",
      { id: ALL[3]!.id, time: "2026-11-21T12:00:00.000Z" },
      `--time needs a physical backup of PostgreSQL, which has the WAL with it; ${ALL[3]!.id} is of files (files). Leave --time out`,
    ],
    [
      "a time for the latest of files",
      { id: "latest", source: "files", time: "2026-11-21T12:00:00.000Z" },
      "--time needs physical backups of PostgreSQL, and files has none. Leave --time out",
    ],
  ];
  for (const [title, wanted, message] of refused)
    it(`refuses ${title}`, () =>
      assert.throws(
        () => choose(wanted),
        (error: Error) => {
          assert.equal(error.message, message);
          return error instanceof UsageError;
        },
      ));
});
