import assert from "node:assert/strict";
import { createMeter, readableBytes, readableSpan } from "../../../cli/backup/meter";

describe("cli/backup/meter", () => {
  const sizes: readonly [number, string][] = [
    ...([
      [0, "0 B"],
      [1, "1 B"],
      [1023, "1023 B"],
      [1024, "1.0 KiB"],
      [1536, "1.5 KiB"],
    ] as [number, string][]),
    ...([
      [150 * 1024, "150 KiB"],
      [2 ** 20, "1.0 MiB"],
      [1.25 * 2 ** 30, "1.3 GiB"],
      [2 ** 50, "1024 TiB"],
    ] as [number, string][]),
  ];
  for (const [bytes, text] of sizes)
    it(`says ${bytes} bytes as ${text}`, () => assert.equal(readableBytes(bytes), text));

  const spans: readonly [number, string][] = [
    ...([
      [0, "0 s"],
      [0.4, "0 s"],
      [59, "59 s"],
      [60, "1 min"],
      [61, "1 min 1 s"],
      [3600, "1 h"],
    ] as [number, string][]),
    ...([
      [3_661, "1 h 1 min"],
      [90_000, "1 d 1 h"],
      [86_400 * 12 + 30, "12 d"],
      [-5, "0 s"],
    ] as [number, string][]),
  ];
  for (const [seconds, text] of spans)
    it(`says ${seconds} seconds as ${text}`, () => assert.equal(readableSpan(seconds), text));

  /** A meter whose clock is told. */
  function metered() {
    let now = 0;
    const meter = createMeter(() => now * 1000);
    return (at: number, bytes: number, totalBytes?: number, phase = "store") => {
      now = at;
      return meter({ bytes, phase, ...(totalBytes === undefined ? {} : { totalBytes }) });
    };
  }
  const MiB = 2 ** 20;

  it("says bytes of all, percent, rate and what is left", () => {
    const at = metered();
    assert.equal(at(0, 0, 100 * MiB), "store");
    assert.equal(at(2, 20 * MiB, 100 * MiB), "store  20.0 MiB of 100 MiB  20 %  10.0 MiB/s  8 s left");
  });

  it("says no rate before there is one, and no time left where the end is not known", () => {
    const at = metered();
    assert.equal(at(0, 5 * MiB), "store  5.0 MiB");
    assert.equal(at(0.5, 10 * MiB), "store  10.0 MiB");
    assert.equal(at(5, 15 * MiB), "store  15.0 MiB  2.0 MiB/s");
  });

  it("takes what is of 100 for a percentage, as pgBackRest tells it", () => {
    const at = metered();
    at(0, 0, 100, "copy");
    assert.equal(at(10, 25, 100, "copy"), "copy  25 %  30 s left");
  });

  it("begins anew with each phase, and where bytes go back", () => {
    const at = metered();
    at(0, 0, 100 * MiB);
    at(10, 100 * MiB, 100 * MiB);
    assert.equal(at(20, 10 * MiB, 100 * MiB, "compare"), "compare  10.0 MiB of 100 MiB  10 %");
    assert.equal(at(22, 30 * MiB, 100 * MiB, "compare"), "compare  30.0 MiB of 100 MiB  30 %  10.0 MiB/s  7 s left");
  });
});
