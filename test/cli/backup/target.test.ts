import assert from "node:assert/strict";
import { targetOf } from "../../../cli/backup/target";
import { UsageError } from "../../../cli/project";
import { entry } from "./entry";

const physical = entry();
const dump = entry({ source: "orders.dump", kind: "logical" });
const mongo = entry({ source: "mongo", engine: "mongodb", kind: "logical" });
const files = entry({ source: "volumes", engine: "files", kind: "files" });

describe("cli/backup/target", () => {
  const environment = { TARGET: "mongodb://me:canary-secret@db:27017/shop", EMPTY: "" };

  const taken: readonly [string, typeof physical, string | undefined, string | undefined][] = [
    ["a folder for files, as it is", files, "/srv/restored", "/srv/restored"],
    ["a folder from here", physical, "restored", `${process.cwd()}/restored`],
    ["a server for a dump", dump, "postgresql://me@db:5432/shop", "postgresql://me@db:5432/shop"],
    ["files over themselves", files, undefined, undefined],
    ["what the environment holds", mongo, "env:TARGET", environment.TARGET],
  ];
  for (const [title, backup, to, target] of taken)
    it(`takes ${title}`, () => assert.equal(targetOf(backup, to, environment), target));

  const refused: readonly [string, typeof physical, string | undefined, string][] = [
    [
      "a password among the arguments, and does not repeat it",
      mongo,
      environment.TARGET,
      "--to must not hold a password: everybody on this machine can read arguments. Put the address into the environment and name it: --to env:RESTORE_TARGET",
    ],
    [
      "a folder for a dump",
      dump,
      "/srv/restored",
      "the target of orders.dump-20261121T020000.000Z-full (postgresql, logical) must be the address of a server of the same engine; got --to /srv/restored. Name postgresql://user@host:port/database as target",
    ],
    [
      "another engine's server",
      mongo,
      "postgresql://me@db/shop",
      "the target of mongo-20261121T020000.000Z-full (mongodb, logical) must be the address of a server of the same engine; got --to postgresql://me@db/shop. Name mongodb://user:password@host:port/database as target",
    ],
    [
      "a server for a physical backup",
      physical,
      "postgresql://me@db/shop",
      "the target of orders-20261121T020000.000Z-full (postgresql, physical) must be the absolute path of a folder; got --to postgresql://me@db/shop. Name an empty folder as target, and start a server on it; or restore a dump",
    ],
    [
      "a physical backup over its server",
      physical,
      undefined,
      "the target of orders-20261121T020000.000Z-full (postgresql, physical) must be given: a physical backup is never restored over a server; got --in-place. Name an empty folder as target, and start a server on it; or restore a dump",
    ],
    [
      "a name that the environment does not have",
      mongo,
      "env:NONE",
      "--to names env:NONE, and the environment has no NONE",
    ],
    ["a name that is empty there", mongo, "env:EMPTY", "--to names env:EMPTY, and the environment has no EMPTY"],
  ];
  for (const [title, backup, to, message] of refused)
    it(`refuses ${title}`, () =>
      assert.throws(
        () => targetOf(backup, to, environment),
        (error: Error) => {
          assert.equal(error.message, message);
          return error instanceof UsageError;
        },
      ));
});
