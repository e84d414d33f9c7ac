import assert from "node:assert/strict";
import fc from "fast-check";
import { formatSize, parseSize } from "../../plan";

describe("plan/size", () => {
  for (const [text, bytes] of [
    ["0 B", 0],
    ["1 KB", 1_000],
    ["1 KiB", 1_024],
    ["1GiB", 2 ** 30],
    ["1.5 MB", 1_500_000],
    ["10 TiB", 10 * 2 ** 40],
  ] as const) {
    it(`reads ${text} as ${bytes} bytes`, () => assert.equal(parseSize(text), bytes));
  }

  for (const text of ["", "1", "GB", "1 gb", "-1 GB", "1  GB", "1 GB ", "1,5 GB", "1 PB", "1e3 B"]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseSize(text), {
        message: `must be a size with a unit (B, KB, MB, GB, TB or KiB, MiB, GiB, TiB), such as 1 GiB; got ${JSON.stringify(text)}`,
      }));
  }

  for (const [bytes, text] of [
    [0, "0 B"],
    [999, "999 B"],
    [2 ** 30, "1 GiB"],
    [10_000_000_000, "10 GB"],
    [1_500_000, "1500 KB"],
  ] as const) {
    it(`writes ${bytes} bytes as ${text}`, () => assert.equal(formatSize(bytes), text));
  }

  it("reads back what it writes", () =>
    fc.assert(
      fc.property(
        fc.nat({ max: 999_999 }),
        fc.constantFrom(1, 1e3, 2 ** 10, 1e6, 2 ** 20, 1e9, 2 ** 30, 1e12, 2 ** 40),
        (n, unit) => {
          assert.equal(parseSize(formatSize(n * unit)), n * unit);
        },
      ),
    ));
});
