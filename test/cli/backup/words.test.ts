import assert from "node:assert/strict";
import { UsageError } from "../../../cli/project";
import { wholeNumber, zonedTime } from "../../../cli/backup/words";

const NOW = new Date("2026-11-21T10:00:00Z");
const refuses = (work: () => unknown, message: string) =>
  assert.throws(work, (error: Error) => {
    assert.equal(error.message, message);
    return error instanceof UsageError;
  });

describe("cli/backup/words", () => {
  for (const [text, utc] of [
    ["2026-11-21T09:00:00Z", "2026-11-21T09:00:00.000Z"],
    ["2026-11-21T09:00Z", "2026-11-21T09:00:00.000Z"],
    ["2026-11-21T11:00:00+02:00", "2026-11-21T09:00:00.000Z"],
    ["2026-11-21T09:00:00.5Z", "2026-11-21T09:00:00.500Z"],
  ] as const)
    it(`reads ${text} as ${utc}`, () => assert.equal(zonedTime("--time", text, NOW), utc));

  it("refuses a time without its zone, with both ways out", () =>
    refuses(
      () => zonedTime("--time", "2026-11-21T09:00:00", NOW),
      "--time must name its zone: 2026-11-21T09:00:00Z is UTC, 2026-11-21T09:00:00+02:00 is two hours ahead of it; got 2026-11-21T09:00:00",
    ));
  for (const text of ["yesterday", "2026-11-21", "2026-02-30T25:00:00Z", "", "1763712000"])
    it(`refuses ${JSON.stringify(text)} with an example`, () =>
      refuses(
        () => zonedTime("--time", text, NOW),
        `--time must be a time of ISO 8601 with its zone, such as 2026-11-21T10:00:00Z; got ${text}`,
      ));
  it("refuses the future", () =>
    refuses(
      () => zonedTime("--time", "2026-11-21T10:00:01Z", NOW),
      "--time must not lie in the future, it is 2026-11-21T10:00:00Z now; got 2026-11-21T10:00:01Z",
    ));

  it("reads whole numbers from 1 on", () => assert.equal(wholeNumber("--limit", "50", 100), 50));
  for (const text of ["0", "-1", "1.5", "101", "many", ""])
    it(`refuses ${JSON.stringify(text)} for a count`, () =>
      refuses(() => wholeNumber("--limit", text, 100), `--limit must be a whole number from 1 to 100; got ${text}`));
});
