import assert from "node:assert/strict";
import type { Decision, Look } from "../../../cli/watch/decide";
import { jsonOf, linesOf, newsOf } from "../../../cli/watch/say";

const down = { outcome: "down", reason: "orders does not answer: ECONNREFUSED" } as const;
const well = { outcome: "well", reason: "it is" } as const;
const look = (change: Partial<Look> = {}): Look => ({
  at: 30,
  sight: {
    ...{ site: "prod", live: { site: "prod", epoch: 3 }, hears: { nameServer: true, standby: true } },
    probes: { sql: down, http: well, replication: well },
  },
  witnesses: {
    "https://a.test": { vote: "well", reason: "" },
    "https://b.test": { vote: "unknown", reason: "it does not answer" },
  },
  ...change,
});

describe("cli/watch/say", () => {
  const lost: Decision = { state: "lost", seconds: 31, why: "", held: ["the last automatic failover was 12s ago"] };

  it("says what is doubted and by whom, why it is held, and the command; nothing of what is well", () =>
    assert.deepEqual(linesOf(look(), lost), [
      "prod (live, epoch 3): LOST, no sign of life for 31 s; nothing is switched by itself",
      "  sql down: orders does not answer: ECONNREFUSED",
      "  witness https://b.test says nothing: it does not answer",
      "  held: the last automatic failover was 12s ago",
      "  to fail over: npx pulumi-dr failover --lost prod",
    ]));

  it("takes no time that passes for news", () => {
    const later: Decision = { ...lost, seconds: 46, held: ["the last automatic failover was 27s ago"] };
    assert.equal(newsOf(look(), later), newsOf(look({ at: 45 }), lost));
    assert.notEqual(newsOf(look(), { state: "well" }), newsOf(look(), lost));
    assert.notEqual(newsOf(look({ witnesses: {} }), lost), newsOf(look(), lost));
  });

  it("says the same to a machine, in one line", () => {
    const line = jsonOf("shop", look(), lost);
    assert.doesNotMatch(line, /\n/);
    const { at, probes, ...rest } = JSON.parse(line) as Record<string, unknown>;
    assert.ok(!Number.isNaN(Date.parse(String(at))));
    assert.deepEqual(probes, look().sight.probes);
    assert.deepEqual(rest, {
      ...{ plan: "shop", site: "prod", live: { site: "prod", epoch: 3 }, state: "lost", seconds: 31, why: "" },
      ...{ held: ["the last automatic failover was 12s ago"], command: "npx pulumi-dr failover --lost prod" },
      witnesses: look().witnesses,
    });
  });
});
