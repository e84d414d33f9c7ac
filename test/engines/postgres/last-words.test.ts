import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { lastWords } from "../../../engines/postgres/last-words";
import { temporary } from "../../helpers/temporary";

describe("engines/postgres/last-words", () => {
  const folder = temporary();
  const said = (...lines: string[]) => {
    writeFileSync(folder("log"), lines.map((line) => `2026-11-21 09:00:00 UTC [7] ${line}\n`).join(""));
    return lastWords(folder("log"));
  };

  it("are why the server ended, and not what it told those who asked too early", () => {
    const why = "recovery ended before configured recovery target was reached";
    const early = "FATAL:  the database system is starting up";
    assert.equal(said("LOG:  redo starts", early, `FATAL:  ${why}`, early, "LOG:  shut down"), why);
    assert.equal(
      said("PANIC:  could not locate a valid checkpoint record"),
      "could not locate a valid checkpoint record",
    );
  });

  it("are none where it does not say", () => {
    assert.equal(said("LOG:  database system is shut down", "FATAL:  the database system is shutting down"), undefined);
    assert.equal(lastWords(folder("none")), undefined);
  });
});
