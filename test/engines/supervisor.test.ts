import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ended, identify, isRunning } from "../../engines/process";
import { delayBefore, shallRestart, type Supervised } from "../../engines/supervisor";
import { startChild, type Child } from "../helpers/child";
import { temporary } from "../helpers/temporary";

describe("engines/supervisor", () => {
  const delays = [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000];
  for (const [index, delay] of delays.entries()) {
    it(`waits ${delay} ms before restart ${index + 1}`, () => assert.equal(delayBefore(index + 1), delay));
  }
  it("never waits longer than half a minute, however often it failed", () => assert.equal(delayBefore(5_000), 30_000));

  const policies: readonly [Supervised["restart"], number | null, boolean][] = [
    ["always", 0, true],
    ["always", 1, true],
    ["always", null, true],
    ["on-failure", 0, false],
    ["on-failure", 1, true],
    ["on-failure", null, true], // a signal ended it
    ["never", 0, false],
    ["never", 1, false],
    ["never", null, false],
  ];
  for (const [policy, code, again] of policies) {
    it(`${again ? "starts again" : "leaves ended"} with ${policy} after ${code === null ? "a signal" : `exit code ${code}`}`, () =>
      assert.equal(shallRestart(policy, code), again));
  }

  describe("with a real process", () => {
    const at = temporary();
    let supervisor: Child | undefined;
    const supervise = (code: string, restart: Supervised["restart"]) => {
      const child = { command: process.execPath, args: ["-e", code], cwd: at(), env: { NOTES: at("notes") }, restart };
      writeFileSync(at("supervised.json"), JSON.stringify(child satisfies Supervised));
      supervisor = startChild(["engines/supervisor.ts", at("supervised.json")]);
      return supervisor;
    };
    /** One line for each start: the number of the process. */
    const starts = () =>
      existsSync(at("notes")) ? readFileSync(at("notes"), "utf8").trim().split("\n").map(Number) : [];
    const numberOfStart = async (count: number) => {
      while (starts().length < count) await new Promise((resolve) => setTimeout(resolve, 5));
      return starts()[count - 1]!;
    };
    const started = async (count: number) => identify(await numberOfStart(count))!;
    const NOTE = `require("node:fs").appendFileSync(process.env.NOTES, process.pid + "\\n")`;
    afterEach(async () => {
      if (supervisor && identify(supervisor.pid)) process.kill(supervisor.pid, "SIGTERM");
      await supervisor?.ended;
      supervisor = undefined;
    });

    it("starts a process that died again, and ends with it when asked to", async () => {
      const { pid, ended: end } = supervise(`${NOTE}; setInterval(() => {}, 1000)`, "always");
      const first = await started(1);
      process.kill(first.pid, "SIGKILL");
      const second = await started(2);
      assert.notEqual(second.pid, first.pid);
      assert.equal(isRunning(second), true);
      process.kill(pid, "SIGTERM");
      const { code, stderr } = await end;
      assert.equal(code, 0);
      assert.equal(await ended(second, 5_000), true);
      assert.match(stderr, /ended with SIGKILL; starting it again in 200 ms\n$/);
    });

    it("ends with the exit code of a process that shall not be started again", async () => {
      const { ended: end } = supervise(`${NOTE}; process.exit(7)`, "never");
      assert.equal((await end).code, 7);
      assert.equal(starts().length, 1);
    });

    it("ends at once when it is asked between two starts", async () => {
      const { pid, ended: end } = supervise(`${NOTE}; process.exit(1)`, "on-failure");
      const first = await numberOfStart(1);
      while (identify(first)) await new Promise((resolve) => setTimeout(resolve, 5));
      process.kill(pid, "SIGTERM");
      assert.equal((await end).code, 0);
    });
  });
});
