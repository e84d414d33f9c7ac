import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { killSite, processesOf } from "../../cli/drill/lose-site";
import { descendants, identify, isRunning, type ProcessId } from "../../engines/process";
import { connected, serverState } from "../../engines/postgres/sql";
import { ONE_AT_A_TIME } from "../../provider/postgres/own-fence";
import { commandLine } from "../helpers/command-line";
import { filesBelow, makeWorkspace, until, type Workspace } from "../helpers/workspace";

const PULUMI = path.join(__dirname, "../../bin/pulumi");

/** The processes of an `up`, by their command lines; `host` is what starts programs. */
const PARTS = {
  engine: /(^|\/)pulumi\0up\0/,
  host: /pulumi-language-nodejs/,
  provider: /pulumi-resource-dr/,
  program: /pulumi\/cmd\/run/,
} as const;
type Part = keyof typeof PARTS;

interface State {
  readonly checkpoint: { readonly latest: { readonly resources: readonly Made[] } };
}
interface Made {
  readonly urn: string;
  readonly delete?: boolean;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

describe("fault 21: an `up` is cut off by `kill -9`", function () {
  this.timeout(600_000);
  let at: Workspace;
  const patient = (...who: Parameters<Workspace["endpoint"]>) => ({ ...at.endpoint(...who), timeoutMs: 60_000 });
  const left: ProcessId[] = [];
  const lost = ["--config", "dr:activation=active", "--config", "dr:siteIsLost=prod"];
  const query = <T extends object>(site: string, sql: string, user: "postgres" | "app" = "postgres") =>
    connected(patient(site, user), async (client) => (await client.query(sql)).rows as T[]);
  const role = (site: string) => connected(patient(site), serverState).then((state) => state.role);
  const epochs = (site: string) => query(site, "select epoch, site from dr.epoch order by epoch");
  const yesterday = () => path.join(at.folder, "yesterday.json");
  const again = (stack: string, ...args: string[]) =>
    at.pulumi("up", "--stack", stack, "--yes", "--skip-preview", ...args);

  /**
   * Starts an `up` and kills a part of it once the engine has said a line, `<type> <name> creating`, and has that resource in its
   * state, which it notes a moment after. Answers what was said in all.
   */
  async function cutOff(part: Part, line: RegExp, stack: string, ...args: string[]): Promise<string> {
    const { DR_TEST_COUNTS: _counts, PULUMI_BACKEND_URL: _backend, ...env } = process.env;
    const words = ["up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", ...args];
    const up = spawn(process.execPath, [PULUMI, ...words], { cwd: at.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let victim: number | undefined;
    const running: Partial<Record<Part, ProcessId>> = {};
    const look = () => {
      const [, type, name] = /(\w+) (\S+) \w+$/.exec(line.exec(said)?.[0] ?? "") ?? [];
      if (victim !== undefined || !type || !isNoted(stack, `${type}::${name}`)) return;
      for (const pid of descendants(up.pid!)) {
        const [id, words] = [identify(pid), commandLine(pid)];
        for (const [name, command] of Object.entries(PARTS)) if (id && command.test(words)) running[name as Part] = id;
      }
      victim = running[part]?.pid;
      if (victim !== undefined) process.kill(victim, "SIGKILL");
    };
    for (const stream of [up.stdout, up.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const looking = setInterval(look, 5);
    // What an engine that was killed leaves behind holds its output open.
    const ended = new Promise((resolve) => up.on(part === "engine" ? "exit" : "close", resolve));
    const code = await ended.finally(() => clearInterval(looking));
    assert.ok(victim !== undefined, `no ${part} to kill at ${String(line)}\n${said}`);
    assert.notEqual(code, 0, `it came to its end, killed at ${String(line)}\n${said}`);
    left.push(...Object.values(running));
    await until(
      "the provider to end with its engine",
      () => !running.provider || !isRunning(running.provider),
      120_000,
    );
    return said;
  }

  function isNoted(stack: string, resource: string): boolean {
    try {
      return readFileSync(stateFile(stack), "utf8").includes(resource);
    } catch {
      return false; // a new file takes its place
    }
  }

  /** What a person does after the engine was killed, as the next `up` tells it: docs/stacks.md. */
  function unlock(stack: string): void {
    assert.equal(at.pulumi("cancel", "--stack", stack, "--yes").code, 0);
  }

  const stateFile = (stack: string) => path.join(at.folder, `.dr/state/.pulumi/stacks/dr/${stack}.json`);
  const made = (stack: string) =>
    (JSON.parse(readFileSync(stateFile(stack), "utf8")) as State).checkpoint.latest.resources;
  const roles = (stack: string) => made(stack).find(({ urn }) => urn.includes("pulumi:Stack"))?.outputs!["roles"];

  /** Nothing is there twice. */
  function isWhole(stack: string): void {
    const resources = made(stack);
    const urns = resources.map(({ urn }) => urn);
    assert.ok(urns.length > 5);
    assert.deepEqual(urns, [...new Set(urns)]);
    assert.deepEqual(
      resources.filter((resource) => resource.delete),
      [],
    );
    const states = filesBelow(path.join(at.folder, ".dr/state/.pulumi/stacks"));
    assert.deepEqual(
      states.filter((file) => file.endsWith(".attrs")),
      [],
      "an empty one, as a kill leaves it, makes the state unreadable",
    );
    const supervisors = processesOf(at.place(stack).region)
      .map(commandLine)
      .filter((words) => words.includes("supervisor.cjs"));
    assert.deepEqual(supervisors, [...new Set(supervisors)], "each process runs once");
  }

  before(() => {
    at = makeWorkspace();
  });
  after(() => {
    // The program and its host, which Pulumi leaves behind when its engine is killed.
    for (const one of left) if (isRunning(one)) process.kill(one.pid, "SIGKILL");
    at?.remove();
  });

  it("while a site is made: the next one reports what was pending, and makes nothing twice", async () => {
    await cutOff("engine", /PostgresServer postgres creating/, "prod");
    const locked = again("prod");
    assert.notEqual(locked.code, 0);
    assert.match(locked.output, /the stack is currently locked by 1 lock.*pulumi cancel.*\(pid \d+\)/s);
    unlock("prod");
    const told = await cutOff("provider", /PostgresServer postgres creating/, "prod");
    assert.match(told, /warning: Attempting to deploy .* pending operations.*PostgresServer::postgres, interrupted/s);
    await cutOff("program", /PostgresServer postgres creating/, "prod");
    const done = again("prod");
    assert.equal(done.code, 0, done.output);
    isWhole("prod");
    assert.deepEqual(await epochs("prod"), [{ epoch: 1, site: "prod" }]);
    assert.equal(await role("prod"), "primary");
  });

  it("in a failover, at every step: the next one comes to its end, in one new epoch, with every write", async () => {
    at.up("dr");
    copyFileSync(stateFile("dr"), yesterday());
    await query("prod", "create table notes as select generate_series(1, 100) as id", "app");
    await until(
      "all of it at dr",
      async () => (await query("dr", "select from notes", "app").catch(() => [])).length === 100,
      120_000,
    );
    killSite(at.place("prod").region);

    // The promotion waits meanwhile, as for another one that goes on: it is cut off before it, however slow this machine is.
    await connected(patient("dr"), async (client) => {
      await client.query("select pg_advisory_lock($1)", [ONE_AT_A_TIME]);
      await cutOff("engine", /Fence postgres-fence created/, "dr", ...lost);
    });
    assert.equal(await role("dr"), "standby", "it was cut off before the promotion");
    unlock("dr");
    await cutOff("engine", /Promotion postgres-promotion (creating|created)/, "dr", ...lost);
    unlock("dr");
    await cutOff("provider", /Process (backend|frontend|agent) updating/, "dr", ...lost);
    const done = again("dr", ...lost);
    assert.equal(done.code, 0, done.output);
    isWhole("dr");
    assert.deepEqual(await epochs("dr"), [
      { epoch: 1, site: "prod" },
      { epoch: 2, site: "dr" },
    ]);
    assert.equal((await query("dr", "select distinct id from notes", "app")).length, 100);
  });

  it("and left the state of yesterday: the role is read from the database, and nobody is promoted again", async () => {
    copyFileSync(yesterday(), stateFile("dr"));
    assert.deepEqual(roles("dr"), { postgres: "standby" });
    const done = again("dr", ...lost);
    assert.equal(done.code, 0, done.output);
    assert.deepEqual(roles("dr"), { postgres: "primary" });
    assert.equal((await epochs("dr")).length, 2);
    isWhole("dr");
    const unchanged = at.pulumi("preview", "--stack", "dr", "--expect-no-changes", ...lost);
    assert.equal(unchanged.code, 0, unchanged.output);
  });
});
