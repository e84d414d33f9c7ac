import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../plan";

describe("plan/duration", () => {
  for (const [text, seconds] of [
    ["0s", 0],
    ["90s", 90],
    ["15m", 900],
    ["4h", 14_400],
    ["1h30m", 5_400],
    ["1d", 86_400],
    ["4w", 2_419_200],
    ["1w2d3h4m5s", 788_645],
  ] as const) {
    it(`reads ${text} as ${seconds} s`, () => assert.equal(parseDuration(text), seconds));
  }

  for (const text of [
    "",
    "15",
    "m",
    "1.5h",
    "-1h",
    "1h 30m",
    "30m1h",
    "15min",
    "PT15M",
    "15M",
    "1e3s",
    "9999999999s",
    "1h\n",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseDuration(text), {
        message: `must be a duration with a unit (s, m, h, d or w), such as 15m, 4h or 30d; got ${JSON.stringify(text)}`,
      }));
  }

  for (const [seconds, text] of [
    [0, "0s"],
    [900, "15m"],
    [5_405, "1h30m5s"],
    [86_400, "24h"],
    [90_000, "25h"],
    [172_800, "2d"],
  ] as const) {
    it(`writes ${seconds} s as ${text}`, () => assert.equal(formatDuration(seconds), text));
  }

  it("reads back what it writes", () =>
    fc.assert(fc.property(fc.nat({ max: 3_000_000_000 }), (s) => parseDuration(formatDuration(s)) === s)));
});
