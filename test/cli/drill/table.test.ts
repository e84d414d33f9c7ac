import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { objectiveLines, renderTable } from "../../../cli/drill/table";
import { parsePlan } from "../../../plan";
import { text } from "../../plan/example";

const cotai = parsePlan(readFileSync("plans/cotai.yaml", "utf8")); // database: rto 15m, rpo 1m; ttl 5s
const measured = (rtoSeconds: number, rpoSeconds: number, lost = 0) => ({
  ...{ rtoSeconds, rpoSeconds },
  writes: { acknowledged: 500, survived: 500 - lost, lost },
});
const met = (rtoSeconds: number, rpoSeconds: number) =>
  objectiveLines(cotai, "database", measured(rtoSeconds, rpoSeconds)).map((line) => line.met);

describe("cli/drill/table", () => {
  const verdicts: readonly [string, number, number, boolean[]][] = [
    ["both well within", 2.25, 0.1, [true, true]],
    ["an RTO that is met with the TTL of a caching client added", 895, 0.1, [true, true]],
    ["an RTO that is missed only with the TTL added", 895.001, 0.1, [false, true]],
    ["an RPO that is met to the second", 2, 60, [true, true]],
    ["an RPO that is missed by a millisecond", 2, 60.001, [true, false]],
    ["both missed", 1_000, 100, [false, false]],
  ];
  for (const [title, rto, rpo, expected] of verdicts)
    it(`${expected.every(Boolean) ? "passes" : "fails"} ${title}`, () => assert.deepEqual(met(rto, rpo), expected));

  it("compares with the objective of the database's own class", () => {
    assert.deepEqual(
      objectiveLines(cotai, "full", measured(2, 0)).map(({ class: name, targetSeconds }) => [name, targetSeconds]),
      [
        ["full", 14_400],
        ["full", 86_400],
      ],
    );
  });

  it("says none where the plan has no objective, and takes it as met", () =>
    assert.deepEqual(
      objectiveLines(cotai, "files", measured(1e6, 1e6)).map(({ targetSeconds, met }) => [targetSeconds, met]),
      [
        [undefined, true],
        [undefined, true],
      ],
    ));

  it("renders what was met, what was lost and what was not measured", () =>
    assert.equal(
      renderTable(cotai, objectiveLines(cotai, "database", measured(2.25, 0.0304)), measured(2.25, 0.0304)),
      `objective  class     target  measured  met
------------------------------------------
RTO        database  15m     2.250 s   yes
RPO        database  1m      0.030 s   yes

rows: 500 acknowledged, 500 survived, 0 lost
RTO is for a client that asks the name server; one that caches the answer adds up to the TTL, 5s.
NOT MEASURED, because this drill asks PostgreSQL only: mongo (mongodb), volumes (files), settings (configuration).`,
    ));

  it("shouts what was missed", () => {
    const lost = measured(1_000, 100, 120);
    const [, , rto, rpo, , rows] = renderTable(cotai, objectiveLines(cotai, "database", lost), lost).split("\n");
    assert.deepEqual(
      [rto, rpo, rows],
      [
        "RTO        database  15m     1000.000 s  NO",
        "RPO        database  1m      100.000 s   NO",
        "rows: 500 acknowledged, 380 survived, 120 lost",
      ],
    );
  });

  it("has no line for what was not measured where everything was", () => {
    const plan = parsePlan(text());
    assert.ok(
      !renderTable(plan, objectiveLines(plan, "full", measured(1, 0)), measured(1, 0)).includes("NOT MEASURED"),
    );
  });
});
