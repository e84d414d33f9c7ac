import assert from "node:assert/strict";
import { bareEnvironment, run, RunError } from "../../engines/run";

/** Runs a line of JavaScript as a command of its own. */
const node = (code: string, options: Parameters<typeof run>[2] = {}) => run(process.execPath, ["-e", code], options);
const failing = (work: Promise<string>) =>
  work.then(
    () => assert.fail("it did not fail"),
    (error: unknown) => {
      assert.ok(error instanceof RunError);
      return { message: error.message.replaceAll(process.execPath, "node"), exitCode: error.exitCode };
    },
  );

describe("engines/run", () => {
  it("answers what the command printed", async () =>
    assert.equal(await node("console.log('a'); console.log('b')"), "a\nb\n"));

  it("answers all of it, however much", async () =>
    assert.equal((await node("process.stdout.write('x'.repeat(2 ** 22))")).length, 2 ** 22));

  it("keeps letters whole that arrive in two pieces", async () =>
    assert.equal(
      await node(
        "process.stdout.write(Buffer.from([0xc3])); setTimeout(() => process.stdout.write(Buffer.from([0xa9])), 50)",
      ),
      "é",
    ));

  it("says the exit code, and the last six lines of standard error", async () =>
    assert.deepEqual(
      await failing(node("for (let i = 1; i < 10; i++) console.error('line', i); process.exitCode = 3")),
      {
        message: "node ended with exit code 3\n  line 4\n  line 5\n  line 6\n  line 7\n  line 8\n  line 9",
        exitCode: 3,
      },
    ));

  it("says what went to standard output if nothing went to standard error", async () =>
    assert.deepEqual(await failing(node("console.log('why'); process.exitCode = 1")), {
      message: "node ended with exit code 1\n  why",
      exitCode: 1,
    }));

  it("says the signal that ended it", async () =>
    assert.deepEqual(await failing(node("process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 10_000)")), {
      message: "node ended with SIGTERM",
      exitCode: null,
    }));

  it("says that a command is not there", async () =>
    assert.deepEqual(await failing(run("/no/such/command", [])), {
      message: "/no/such/command could not be started: spawn /no/such/command ENOENT",
      exitCode: null,
    }));

  it("kills what takes too long, with what it had said", async () => {
    const work = node("console.error('begun', process.pid); setInterval(() => {}, 1000)", { timeoutMs: 500 });
    const { message } = await failing(work);
    const [, pid] = /^node took longer than 0.5 s\n {2}begun (\d+)$/.exec(message) ?? assert.fail(message);
    assert.throws(() => process.kill(Number(pid), 0), { code: "ESRCH" });
  });

  it("lets nothing of the caller's environment in: a secret there is no secret of the command's", async () => {
    process.env.DR_CANARY = "secret";
    try {
      const seen = JSON.parse(await node("console.log(JSON.stringify(process.env))", { env: { MINE: "1" } })) as object;
      assert.deepEqual(seen, { PATH: process.env.PATH, HOME: "/nonexistent", LC_ALL: "C.UTF-8", MINE: "1" });
    } finally {
      delete process.env.DR_CANARY;
    }
  });

  it("finds the system's commands even for a caller without a PATH", () => {
    const { PATH } = process.env;
    delete process.env.PATH;
    try {
      assert.equal(bareEnvironment().PATH, "/usr/bin:/bin");
    } finally {
      process.env.PATH = PATH;
    }
  });

  it("gives input by standard input, and does not show it among the arguments", async () => {
    const code = `process.stdin.on("data", (input) => console.log(String(input), require("node:fs").readFileSync("/proc/self/cmdline", "utf8").includes("hunter" + 2)))`;
    assert.equal(await node(code, { input: "hunter" + "2" }), "hunter2 false\n");
  });

  it("fails, and brings nothing down, when the command does not read its input", async () =>
    assert.deepEqual(await failing(node("process.exit(4)", { input: "x".repeat(2 ** 22) })), {
      message: "node ended with exit code 4",
      exitCode: 4,
    }));

  it("has no shell: arguments arrive as they are", async () => {
    const odd = ["$(id)", "; true", "a b", "'", '"', "\\", "*"];
    const shown = await run(process.execPath, ["-e", "console.log(JSON.stringify(process.argv.slice(1)))", ...odd]);
    assert.deepEqual(JSON.parse(shown), odd);
  });

  it("tells each piece of output as it comes", async () => {
    const heard: string[] = [];
    await node("console.log('out'); console.error('err')", { onOutput: (text) => heard.push(text) });
    assert.deepEqual(heard.sort(), ["err\n", "out\n"]);
  });

  it("does not wait for a server that the command left running", async () => {
    const code = `const server = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "inherit" }); console.log(server.pid); process.exit(0)`;
    const pid = Number(await node(code));
    process.kill(pid, 0); // throws if it does not run any more
    process.kill(pid, "SIGKILL");
  });
});
