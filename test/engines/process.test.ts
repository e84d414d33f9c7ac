import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import {
  descendants,
  ended,
  findKept,
  identify,
  isRunning,
  spawnKept,
  stopKept,
  type ProcessId,
} from "../../engines/process";
import { temporary } from "../helpers/temporary";

const SLEEP = "setInterval(() => {}, 1000)";
const STUBBORN = `process.on("SIGTERM", () => {}); console.log("ready"); ${SLEEP}`;

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("engines/process", () => {
  const at = temporary();
  const started: ProcessId[] = [];
  const kept = (code: string, env?: Record<string, string>) => {
    const where = { pidFile: at("pid.json"), logFile: at("log"), cwd: at(), ...(env ? { env } : {}) };
    const id = spawnKept({ command: process.execPath, args: ["-e", code], ...where });
    started.push(id);
    return id;
  };
  const logged = () => readFileSync(at("log"), "utf8");
  afterEach(() => {
    for (const id of started.splice(0)) if (isRunning(id)) process.kill(id.pid, "SIGKILL");
  });

  describe("identify", () => {
    it("tells a process by its number and its start", () => {
      const self = identify(process.pid);
      assert.equal(self?.pid, process.pid);
      assert.ok(Number.isInteger(self.startedTicks) && self.startedTicks > 0);
      assert.deepEqual(identify(process.pid), self);
    });

    it("knows no process that is not there", () => assert.equal(identify(2 ** 30), undefined));

    it("does not take a zombie for a process", async () => {
      const shell = spawn("/bin/sh", ["-c", "sleep 0 & echo $!; exec sleep 10"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      try {
        const zombie = Number(await new Promise((resolve) => shell.stdout.once("data", resolve)));
        await until(() => / Z /.test(readFileSync(`/proc/${zombie}/stat`, "utf8")));
        assert.equal(identify(zombie), undefined);
      } finally {
        shell.kill("SIGKILL");
      }
    });

    it("is not led astray by a process that is named to look like another state", async () => {
      const { pid } = kept(`process.title = "a) Z 1 (b"; console.log("ready"); ${SLEEP}`);
      await until(() => logged().includes("ready"));
      assert.equal(identify(pid)?.pid, pid);
    });
  });

  it("starts a process that it finds again, with a log and a bare environment", async () => {
    process.env.DR_CANARY = "secret";
    const id = kept(`console.log(JSON.stringify(Object.keys(process.env).sort())); ${SLEEP}`, { MINE: "1" });
    delete process.env.DR_CANARY;
    assert.deepEqual(findKept(at("pid.json")), id);
    await until(() => existsSync(at("log")) && logged().includes("\n"));
    assert.deepEqual(JSON.parse(logged()), ["HOME", "LC_ALL", "MINE", "PATH"]);
  });

  it("starts it in a session of its own: the end of this one does not end it", () => {
    const { pid } = kept(SLEEP);
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    assert.equal(Number(fields[3]), pid, "its session");
  });

  it("says that a command could not be started", () => {
    const where = { pidFile: at("pid.json"), logFile: at("log"), cwd: at() };
    assert.throws(() => spawnKept({ command: "/no/such/command", args: [], ...where }), {
      message: "/no/such/command could not be started",
    });
    assert.ok(!existsSync(at("pid.json")));
  });

  it("finds nothing without a file, with half a file, or after the end", async () => {
    assert.equal(findKept(at("pid.json")), undefined);
    writeFileSync(at("pid.json"), "{");
    assert.equal(findKept(at("pid.json")), undefined);
    const id = kept(SLEEP);
    process.kill(id.pid, "SIGKILL");
    assert.equal(await ended(id, 5_000), true);
    assert.equal(findKept(at("pid.json")), undefined);
  });

  it("ends what it started, and forgets it", async () => {
    const id = kept(SLEEP);
    await stopKept(at("pid.json"));
    assert.equal(isRunning(id), false);
    assert.ok(!existsSync(at("pid.json")));
  });

  it("kills what does not end when it is asked", async () => {
    const id = kept(STUBBORN);
    await until(() => logged().includes("ready"));
    await stopKept(at("pid.json"), 50);
    assert.equal(isRunning(id), false);
  });

  it("kills with it what it started itself", async () => {
    const inner = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(SLEEP)}])`;
    const id = kept(`console.log(${inner}.pid); ${STUBBORN}`);
    await until(() => logged().includes("ready"));
    const child = identify(Number(logged().split("\n")[0]));
    assert.ok(child);
    started.push(child);
    await stopKept(at("pid.json"), 50);
    assert.deepEqual([isRunning(id), await ended(child, 5_000)], [false, true]);
  });

  it("does not touch a later process that has the same number", async () => {
    const id = kept(SLEEP);
    writeFileSync(at("pid.json"), JSON.stringify({ ...id, startedTicks: id.startedTicks - 1 }));
    assert.equal(findKept(at("pid.json")), undefined);
    await stopKept(at("pid.json"));
    assert.equal(isRunning(id), true);
  });

  it("says so when a process does not end in time", async () => assert.equal(await ended(kept(SLEEP), 30), false));

  it("finds children and grandchildren, nearest first", async () => {
    const shell = spawn("/bin/sh", ["-c", "sleep 60 & sh -c 'sleep 60 & wait' & wait"], { detached: true });
    try {
      await until(() => descendants(shell.pid!).length === 3);
      const found = descendants(shell.pid!);
      const parentOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[1]);
      assert.deepEqual(found.slice(0, 2).map(parentOf), [shell.pid, shell.pid]);
      assert.ok(found.slice(0, 2).includes(parentOf(found[2]!)));
      assert.deepEqual(descendants(2 ** 30), []);
    } finally {
      process.kill(-shell.pid!, "SIGKILL");
    }
  });
});
