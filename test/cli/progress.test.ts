import assert from "node:assert/strict";
import { startProgress } from "../../cli/progress";
import { sink } from "./sink";

/** A place for output, and what was written there with each time as `T`. */
function output(isTTY: boolean, columns?: number) {
  const { stream, read } = sink(isTTY ? { ...(columns === undefined ? {} : { columns }) } : undefined);
  return { stream, read: () => read().replaceAll(/ +\d+\.\d\d s/g, "T") };
}

describe("cli/progress", () => {
  it("says each step when it is done, in order, and keeps its time", async () => {
    const { stream, read } = output(false);
    const progress = startProgress(stream);
    assert.equal(await progress.step("one", () => Promise.resolve(1)), 1);
    progress.say("a line");
    await progress.step("two", () => Promise.resolve());
    assert.equal(read(), "T ✓ one\na line\nT ✓ two\n");
    assert.deepEqual(
      progress.steps.map(({ name, seconds }) => [name, typeof seconds]),
      [
        ["one", "number"],
        ["two", "number"],
      ],
    );
  });

  it("marks a step that failed, does not count it, and hands its error on", async () => {
    const { stream, read } = output(false);
    const progress = startProgress(stream);
    await assert.rejects(
      progress.step("one", () => Promise.reject(new Error("no"))),
      { message: "no" },
    );
    assert.equal(read(), "T ✗ one\n");
    assert.deepEqual(progress.steps, []);
  });

  it("shows on a terminal what is being done, and writes over it", async () => {
    const { stream, read } = output(true);
    let during = "";
    await startProgress(stream).step("one", () => Promise.resolve((during = read())));
    assert.equal(during, "         … one");
    assert.equal(read(), "         … one\r\x1b[KT ✓ one\n");
  });

  it("writes how far a step is over its line on a terminal, no wider than that is", async () => {
    const { stream, read } = output(true, 30);
    await startProgress(stream).step("one", (tell) => Promise.resolve(tell("5 of 10 and a lot more to say")));
    assert.equal(read(), "         … one\r\x1b[K         … one  5 of 10 and a \r\x1b[KT ✓ one\n");
  });

  it("says how far a step is in lines elsewhere, every now and then", async () => {
    for (const [every, lines] of [
      [0, "         … one  5 of 10\n         … one  6 of 10\nT ✓ one\n"],
      [3_600_000, "T ✓ one\n"],
    ] as const) {
      const { stream, read } = output(false);
      await startProgress(stream, every).step("one", (tell) => {
        for (const detail of ["5 of 10", "", "6 of 10"]) tell(detail);
        return Promise.resolve();
      });
      assert.equal(read(), lines);
    }
  });
});
