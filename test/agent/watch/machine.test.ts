import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { cpuMeter, cpuTimes, disks, memory, memoryInUse } from "../../../agent/watch/machine";

describe("agent/watch/machine", () => {
  it("reads CPU as the kernel counts it: guests once, waiting for a disk as idle", () => {
    assert.deepEqual(cpuTimes("cpu  10 1 4 80 5 2 3 7 6 1\ncpu0 1 1 1 1\n"), { busy: 27, all: 112 });
    assert.throws(() => cpuTimes("intr 1\n"), /no line `cpu`/);
  });

  it("tells CPU of the time since the last look, and nothing at the first", () => {
    const stats = ["cpu 10 0 0 90 0 0 0 0", "cpu 40 0 0 160 0 0 0 0", "cpu 40 0 0 160 0 0 0 0"];
    const meter = cpuMeter(() => stats.shift()!);
    assert.deepEqual([meter(), meter(), meter()], [undefined, 30, undefined]);
  });

  it("takes memory for in use that no program could have", () => {
    assert.equal(memoryInUse("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   250 kB\n"), 75);
    assert.throws(() => memoryInUse("MemTotal: 5 kB\n"), /MemAvailable/);
    assert.ok(memory() > 0 && memory() < 100);
  });

  it("tells each disk once, as df does, and of a folder that is gone that nobody knows", async () => {
    const [here, gone, ...more] = await disks([tmpdir(), "/nowhere/at/all", tmpdir()]);
    const df = Number(/(\d+)%/.exec(execFileSync("df", ["--output=pcent", tmpdir()], { encoding: "utf8" }))![1]);
    assert.ok(Math.abs(Math.ceil(here!.value as number) - df) <= 2, `${String(here!.value)} and df says ${df}`);
    assert.deepEqual(gone, { rule: "disk", source: "/nowhere/at/all", value: undefined });
    assert.deepEqual(more, []);
  });
});
