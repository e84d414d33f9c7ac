import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import * as cluster from "../../engines/postgres/cluster";
import { connected, serverState } from "../../engines/postgres/sql";
import { makeWorkspace, until, type Workspace } from "../helpers/workspace";

const PULUMI = path.join(__dirname, "../../bin/pulumi");

// A lost site that comes back before the name is moved: fault 19.
describe("fault 22: two `up`s at once", function () {
  this.timeout(600_000);
  let at: Workspace;
  const patient = (...who: Parameters<Workspace["endpoint"]>) => ({ ...at.endpoint(...who), timeoutMs: 60_000 });
  const sites = ["prod", "dr"];
  const server = (site: string) => path.join(at.place(site).region, "postgres");
  const state = (site: string) => connected(patient(site), serverState);
  const locks = () => {
    const folder = path.join(at.folder, ".dr/state/.pulumi/locks/organization/dr/prod");
    return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  };

  /** An `up` in a process beside this one. */
  function begin(stack: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
    const { DR_TEST_COUNTS: _counts, PULUMI_BACKEND_URL: _backend, ...env } = process.env;
    const words = ["up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", ...args];
    const up = spawn(process.execPath, [PULUMI, ...words], { cwd: at.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [up.stdout, up.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve) => up.on("close", (code) => resolve({ code, output })));
  }

  /** Whether a site takes the application's write now. */
  const takesWrite = (site: string, note: string) =>
    connected(patient(site, "app"), (client) => client.query("insert into notes values ($1)", [note])).then(
      () => true,
      () => false,
    );

  before(() => {
    at = makeWorkspace();
  });
  after(() => at?.remove());

  it("of one stack: one is at work, and the other is told who it is and changes nothing", async () => {
    const first = begin("prod");
    await until("the first to hold the lock", () => locks().length === 1, 120_000);
    const second = await begin("prod");
    assert.notEqual(second.code, 0);
    assert.match(second.output, /the stack is currently locked by 1 lock.*created by \S+ \(pid \d+\) at /s);
    const done = await first;
    assert.equal(done.code, 0, done.output);
    assert.equal((await state("prod")).role, "primary");
    assert.deepEqual(locks(), []);
  });

  it("of two stacks, at the same moment: never two writers, and who is refused is told why", async () => {
    for (const stack of ["dr", "dns"]) at.up(stack);
    await connected(patient("prod", "app"), (client) => client.query("create table notes (note text)"));
    const hasNotes = () => connected(patient("dr", "app"), (client) => client.query("select from notes"));
    await until("the table at dr", () => hasNotes().then(() => true, () => false), 120_000); // prettier-ignore

    // prod dies, its `up` brings it back, and dr is told that prod is lost, all at once.
    process.kill(cluster.runningPid(server("prod"))!, "SIGKILL");
    await until("prod to be gone", () => cluster.runningPid(server("prod")) === undefined);
    let isOver = false;
    const ups = Promise.all([
      begin("prod", "--refresh"),
      begin("dr", "--config", "dr:activation=active", "--config", "dr:siteIsLost=prod"),
    ]).finally(() => (isOver = true));
    const acknowledged: string[] = [];
    for (let number = 0; !isOver; number++)
      for (const site of sites) if (await takesWrite(site, `${site} ${number}`)) acknowledged.push(site);
    const [returned, taken] = await ups;
    for (const site of sites) if (await takesWrite(site, "after")) acknowledged.push(site);

    // Once the second site took a write, the first never took another.
    const turns = acknowledged.filter((site, index) => site !== acknowledged[index - 1]);
    assert.ok(turns.length <= 2, `they took turns: ${turns.join(", ")}\n${returned.output}\n${taken.output}`);
    for (const { code, output } of [returned, taken])
      assert.ok(code === 0 || /must be|stays read-only|could not be fenced|Nothing was promoted/.test(output), output);
    const writers = (await Promise.all(sites.map((site) => takesWrite(site, "last")))).filter(Boolean);
    assert.ok(writers.length <= 1, "two writers");
  });
});
