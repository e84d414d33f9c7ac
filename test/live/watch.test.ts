import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import * as path from "node:path";
import { killSite } from "../../cli/drill/lose-site";
import type { Json } from "../../evidence/record";
import { lookUpAuthority } from "../../engines/dns/lookup";
import { keptPorts } from "../../engines/ports";
import { runningPid } from "../../engines/postgres/cluster";
import { connected, serverState } from "../../engines/postgres/sql";
import { fence } from "../../provider/resources/fence";
import { closeListeners, listen, type Listener } from "../agent/alerts/listener";
import { makeWorkspace, until, type Workspace } from "../helpers/workspace";

/** Load per core above which looks come too late to be judged: each is one process start away from the next. */
const BUSY = 2;
/** How long the load of what ran before may take to pass. */
const QUIET_WITHIN_MS = 180_000;

const project = path.join(__dirname, "../..");

/** One line of `watch --json`, as far as these tests read it. */
interface Line {
  readonly site: string;
  readonly state: string;
  readonly held?: readonly string[];
  readonly command?: string;
  readonly witnesses: Readonly<Record<string, { vote: string }>>;
}

describe("the watch", function () {
  this.timeout(600_000);
  let at: Workspace;
  let hook: Listener;
  const running = new Set<ChildProcess>();
  const witnesses: string[] = [];
  const server = (site: string) => path.join(at.place(site).region, "postgres");
  const state = (site: string) => connected(at.endpoint(site), serverState);
  const authority = () =>
    lookUpAuthority(
      { address: "127.0.0.1", port: keptPorts(path.join(at.location, "cotai/.commons/ports.json"))["dns"]! },
      "app.cotai.test",
    );
  const heard = (text: string) => hook.heard.filter(({ body }) => body.includes(text));

  const plan = (mode: string, limit = "6h") =>
    readFileSync(path.join(project, "plans/cotai.yaml"), "utf8")
      .replace(
        /^ {2}mode: manual.*$/m,
        `  mode: ${mode}\n  detectAfter: 2s\n  maxLoss: 1m\n  limit: ${limit}\n  witnesses: ${JSON.stringify(witnesses)}`,
      )
      .replace(/^ {4}mail: .*$/m, "    hook: { type: webhook, address: DR_TEST_HOOK }");

  function start(words: readonly string[], preload?: string) {
    const { DR_TEST_COUNTS: _counts, ...env } = process.env;
    const child = spawn(
      process.execPath,
      [...(preload ? ["--require", preload] : []), path.join(project, "bin/pulumi-dr"), ...words],
      {
        cwd: at.folder,
        env: { ...env, DR_TEST_HOOK: hook.url, DR_WITNESS_TOKEN: "only-for-this-test-0123456789" },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    running.add(child);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<number | null>((resolve) =>
      child.on("close", (code) => (running.delete(child), resolve(code))),
    );
    return { child, ended, stdout: () => stdout, said: () => stdout + stderr };
  }

  /** A watch that has seen the site well, and what it says. */
  async function watching(preload?: string) {
    const { child, ended, stdout, said } = start(["watch", "--json", "--every", "1s"], preload);
    const lines = () =>
      stdout()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    const line = async (what: string, isIt: (line: Line) => boolean) => {
      try {
        await until(what, () => lines().some(isIt) || child.exitCode !== null, 90_000);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${said()}`, { cause: error });
      }
      return lines().find(isIt) ?? assert.fail(`the watch ended before ${what}:\n${said()}`);
    };
    await line(
      "a look that finds all well",
      ({ state: one, witnesses: all }) => one === "well" && Object.values(all).every(({ vote }) => vote === "well"),
    );
    return {
      line,
      said,
      stop: async () => {
        child.kill("SIGTERM");
        assert.equal(await ended, 0, said());
      },
    };
  }

  /** Kills all of a site at once; its data stays. */
  async function kill(site: string) {
    killSite(at.place(site).region);
    await until("the server to be gone", () => runningPid(server(site)) === undefined);
  }

  const commands = () =>
    (
      JSON.parse(at.dr("evidence", "--json").stdout) as {
        commands: {
          command: string;
          result: string;
          begun: { who: { operator?: string }; confirmed: Json; saw?: { looks: Json[] } };
        }[];
      }
    ).commands;

  before(async function () {
    const isBusy = () => loadavg()[0]! > BUSY * cpus().length;
    for (const end = Date.now() + QUIET_WITHIN_MS; isBusy() && Date.now() < end;)
      await new Promise((r) => setTimeout(r, 1_000));
    if (isBusy()) {
      console.log(
        `      SKIPPED: the load is ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores, and a watch goes by the clock`,
      );
      this.skip();
    }
    hook = await listen();
    at = makeWorkspace(() => plan("manual"));
    for (const stack of ["prod", "dr", "dns"]) at.up(stack);
    await until("two copies", () => at.dr("status").code === 0);
    const two = [1, 2].map(() => start(["witness", "--listen", "127.0.0.1:0"]));
    for (const { said } of two) {
      await until("a witness", () => /http:\S+/.test(said()));
      witnesses.push(/http:\S+/.exec(said())![0]);
    }
    writeFileSync(path.join(at.folder, "plan.yaml"), plan("manual"));
  });
  after(async () => {
    for (const child of running) child.kill("SIGKILL");
    await closeListeners();
    at?.remove();
  });

  it("with --once looks, says what it sees by its exit code, and does nothing", () => {
    const once = at.dr("watch", "--once");
    assert.equal(once.code, 0, once.output);
    assert.match(once.output, /^prod \(live, epoch 1\): well\n/);
  });

  it("takes by itself no writing from a site that answers, and believes a standby", async () => {
    const { keysFolder } = at.endpoint("prod");
    const portRegistry = path.join(at.location, "cotai/.commons/ports.json");
    const inputs = {
      portRegistry,
      portName: "postgres",
      keysFolder,
      database: "cotai",
      foundLostAt: new Date().toISOString(),
      successor: { site: "dr", address: at.place("dr").address },
    };
    const of = (site: string) => fence.create({ ...inputs, site, address: at.place(site).address }, () => {});
    await assert.rejects(of("prod"), /nothing proves that prod writes no more: .*it is a writer, so it is not lost/);
    await connected(at.endpoint("prod", "app"), (client) =>
      client.query("create table notes as select 'kept' as note"),
    );
    assert.match((await of("dr")).outs.proof, /is in recovery and takes no writes/);
  });

  it("tells people the exact command where a person must decide, and switches nothing", async () => {
    const watch = await watching();
    await kill("prod");
    const { held, command } = await watch.line("the loss", (line) => line.state === "lost");
    assert.equal(command, "npx pulumi-dr failover --lost prod");
    assert.deepEqual(held, ["the plan says failover.mode manual"]);
    await until("the alert", () => heard("npx pulumi-dr failover --lost prod").length > 0);
    await watch.stop();
    assert.equal((await state("dr")).role, "standby");
    assert.deepEqual(commands(), []);
    at.up("prod", "--refresh");
    await until("two copies", () => at.dr("status").code === 0, 60_000);
  });

  it("switches nothing while it is cut off from the sites, and its witnesses see them", async () => {
    writeFileSync(path.join(at.folder, "plan.yaml"), plan("automatic"));
    const flag = path.join(at.folder, "cut-off");
    const preload = path.join(at.folder, "cut-off.cjs");
    writeFileSync(preload, CUT_OFF.replace("FLAG", JSON.stringify(flag)));
    const watch = await watching(preload);
    writeFileSync(flag, "");
    const unsure = await watch.line("its doubt", (line) => line.state === "unsure");
    assert.deepEqual(
      Object.values(unsure.witnesses).map(({ vote }) => vote),
      ["well", "well"],
    );
    await watch.stop();
    assert.doesNotMatch(watch.said(), /"state":"lost"/);
    assert.equal((await state("dr")).role, "standby");
    assert.deepEqual(commands(), []);
  });

  it("fails over by itself when the site is gone for it and its witnesses, and then only alerts until the limit is over", async () => {
    const watch = await watching();
    const second = start(["watch"]);
    assert.equal(await second.ended, 2, second.said());
    assert.match(second.said(), /another watch of cotai runs on this machine already/);

    await kill("prod");
    await watch.line("dr live and well", ({ site, state: one }) => site === "dr" && one === "well");
    assert.equal((await state("dr")).role, "primary");
    assert.deepEqual(await authority(), { site: "dr", epoch: 2 });
    const rows = await connected(at.endpoint("dr", "app"), (client) => client.query("select note from notes"));
    assert.deepEqual(rows.rows, [{ note: "kept" }]);
    const [done, ...others] = commands();
    assert.deepEqual(
      [done!.command, done!.result, done!.begun.who.operator, others],
      ["watch failover", "ok", "pulumi-dr watch", []],
    );
    assert.match(JSON.stringify(done!.begun.confirmed), /no sign of life of prod.*"word":"automatic"/);
    assert.ok(done!.begun.saw!.looks.length >= 3, "the looks that decided are kept");
    await until(
      "word before and after",
      () => heard("Failing over by itself now").length > 0 && heard("dr took over by itself").length > 0,
    );

    const back = at.dr("failback", "--yes");
    assert.equal(back.code, 0, back.output);
    await until("two copies", () => at.dr("status").code === 0, 60_000);
    await kill("dr");
    const { held } = await watch.line("the second loss", (line) => line.site === "dr" && line.state === "lost");
    assert.match(held!.join("\n"), /^the last automatic failover was \S+ ago, and the plan allows one in 6h$/);
    await until("the alert", () => heard("npx pulumi-dr failover --lost dr").length > 0);
    await watch.stop();
    assert.equal((await state("prod")).role, "standby");
    assert.deepEqual(await authority(), { site: "dr", epoch: 2 });
  });
});

/** A firewall for one process: while a file is there, its connections to the sites come to nothing. */
const CUT_OFF = `
const fs = require("node:fs");
const { Socket } = require("node:net");
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const host = typeof first === "object" ? first.host : second;
  if (!/^127[.]0[.]1\\d[.]/.test(String(host)) || !fs.existsSync(FLAG)) return connect.apply(this, args);
  process.nextTick(() => this.destroy(Object.assign(new Error("connect ETIMEDOUT"), { code: "ETIMEDOUT" })));
  return this;
};
`;
