import { strict as assert } from "node:assert";
import { BSON } from "mongodb";
import { clock } from "../helpers/journal";
import { documentsIn } from "./oracle/mongodb";
import { renderSummary, spread, type Summary } from "./summary";
import { classOf } from "./watch";

describe("a summary of the soak", () => {
  const summary: Summary = {
    ...{ seed: "7", minutes: 60, agentMaxMiB: 90, journal: "journal.jsonl", alerts: { received: 4, open: 0 } },
    sources: {
      redis: {
        ...{ acknowledged: 10, refused: 1, backups: { verified: 3, failed: 1 }, proofs: { verified: 2, failed: 0 } },
        judged: { restores: 2, compared: 14 },
      },
    },
    faults: {
      "flip-bit": { injected: 2, toldSeconds: [5, 90], healedSeconds: [30] },
      "fill-disk": { injected: 0, toldSeconds: [], healedSeconds: [], skipped: "only root can" },
    },
    reasons: { "backup-failed: no space": 2 },
    violations: [],
  };

  it("says what was written, taken, judged, injected and told", () => {
    const text = renderSummary(summary);
    for (const line of [
      "redis: 10 writes acknowledged, 1 not; 3 backups verified, 1 failed; 2 restores proven, 0 not; 2 judged, 14 things compared",
      "flip-bit: 2x, told 2x after 5 s (worst 90 s), healed 1x after 30 s (worst 30 s)",
      "fill-disk: SKIPPED, only root can",
      "2x backup-failed: no space",
      "nothing was lost or wrongly reported",
    ])
      assert.ok(text.includes(line), `${line}\nis not in\n${text}`);
  });

  it("ends with every violation, and then says nothing good", () => {
    const text = renderSummary({ ...summary, violations: [{ at: "now", kind: "lost", what: "all of it" }] });
    assert.ok(text.includes("1 VIOLATIONS\n  now lost: all of it"));
    assert.ok(!text.includes("nothing was lost"));
  });

  it("takes the middle and the worst of times", () => {
    assert.deepEqual(spread([9, 1, 5, 2]), { median: 2, worst: 9 });
    assert.equal(spread([]), undefined);
    assert.equal(clock(61_500), "01:01");
  });

  it("counts reasons of one kind together, whatever they name", () => {
    const one = "own: uploads-20261121T175713.086Z-full cannot be read from /a/b after 3 s\nmore";
    const other = "own: uploads-20261122T015713.999Z-full cannot be read from /c after 12.5 s";
    assert.equal(classOf(one), classOf(other));
    assert.equal(classOf(one), "own: <id> cannot be read from <path> after N s");
  });

  it("reads a file of BSON to its end", () => {
    const documents = [{ _id: 1, body: "a" }, { _id: 2, body: "" }, { _id: 3 }];
    const bytes = Buffer.concat(documents.map((document) => Buffer.from(BSON.serialize(document))));
    assert.deepEqual(documentsIn(bytes), documents);
  });
});
