import assert from "node:assert/strict";
import { restoreLines, restoresFrom, tellRestores } from "../../../cli/recovery/restores";
import { parsePlan } from "../../../plan";
import { text } from "../../plan/example";
import { entry } from "../backup/entry";

const backup = { full: "0 2 * * *" };
const { data } = parsePlan(
  text((plan) => {
    plan.data["uploads"] = { engine: "files", paths: ["uploads"], backup };
    plan.data["documents"] = { engine: "mongodb", backup };
    plan.data["cache"] = { engine: "redis", backup };
  }),
  "plan.yaml",
);
const files = { source: "uploads", engine: "files", kind: "files" } as const;
const day = (date: string) => `2026-11-${date}T02:00:00.000Z`;

describe("cli/recovery/restores", () => {
  const found = restoresFrom(data, "prod", "dr", [
    entry({ ...files, startedAt: day("22"), site: "dr", repositories: ["own"] }),
    entry({ ...files, startedAt: day("21"), state: "failed" }),
    entry({ ...files, startedAt: day("20"), inherited: true }),
    entry({ ...files, startedAt: day("19"), inherited: true }),
    entry({ source: "cache", engine: "redis", kind: "logical", startedAt: day("20") }),
    entry({ source: "documents", engine: "mongodb", kind: "logical", startedAt: day("20"), state: "failed" }),
  ]);
  const of = (source: string) => found.find((one) => one.source === source);

  it("names the newest verified backup of the lost site by its id: latest may be one of what the new site has instead", () =>
    assert.deepEqual(of("uploads"), {
      ...{ source: "uploads", engine: "files", backup: "uploads-20261120T020000.000Z-full", startedAt: day("20") },
      command: "npx pulumi-dr restore uploads-20261120T020000.000Z-full --site dr --in-place",
    }));

  it("leaves to a person where a stopped Redis has its data", () =>
    assert.deepEqual(of("cache"), {
      ...{ source: "cache", engine: "redis", backup: "cache-20261120T020000.000Z-full", startedAt: day("20") },
      command:
        "npx pulumi-dr restore cache-20261120T020000.000Z-full --site dr --to <data folder of dr's stopped Redis>",
    }));

  it("says of what nothing proven is left, and leaves PostgreSQL to its replica or its restore", () => {
    assert.deepEqual(of("documents"), {
      ...{ source: "documents", engine: "mongodb" },
      reason: "no backup of it by prod is verified: npx pulumi-dr backups documents --site dr",
    });
    assert.deepEqual(
      found.map(({ source }) => source),
      Object.keys(data).filter((name) => data[name]!.engine !== "postgresql"),
    );
  });

  it("is lines that can be typed as they are", () => {
    const lines = restoreLines(found, "prod", "dr");
    assert.equal(
      lines.find((line) => line.includes("uploads-")),
      "  npx pulumi-dr restore uploads-20261120T020000.000Z-full --site dr --in-place    (uploads, as of 2026-11-20T02:00:00Z)",
    );
    assert.ok(lines.some((line) => line.startsWith("! documents: no backup of it by prod is verified")));
    assert.deepEqual(restoreLines([], "prod", "dr"), []);
  });

  it("fails no failover that is done: what cannot be listed is said", async () => {
    const said: string[] = [];
    assert.equal(await tellRestores({ data }, { from: "prod", to: "nowhere" }, (line) => said.push(line)), null);
    assert.match(
      said.join("\n"),
      /^\n! what prod backed up could not be listed \(.*\)\. Ask again: npx pulumi-dr backups --site nowhere$/s,
    );
  });
});
