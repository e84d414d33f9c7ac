import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { stateOf } from "../../agent/contract";
import { killSite, loseSite, processesOf } from "../../cli/drill/lose-site";
import { commonsOf } from "../../components/local/place";
import { own } from "../../engines/files";
import { connected } from "../../engines/postgres/sql";
import { serverUser } from "../../engines/user";
import { closeListeners, listen, type Listener } from "../agent/alerts/listener";
import { commandLine } from "../helpers/command-line";
import { filesBelow, makeWorkspace, until, type Finished, type Workspace } from "../helpers/workspace";

/** Looks at the command lines of all processes, over and over, until its input ends; prints those that hold a secret. */
const SPY = `
const fs = require("node:fs");
const secrets = JSON.parse(fs.readFileSync(3, "utf8"));
const seen = new Set();
const look = () => {
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name))) {
    let words = "";
    try { words = fs.readFileSync("/proc/" + pid + "/cmdline", "utf8"); } catch {}
    if (words && secrets.some((secret) => words.includes(secret))) seen.add(words.split("\\0")[0]);
  }
};
setInterval(look, 40);
process.stdin.resume().on("end", () => { process.stdout.write(JSON.stringify([...seen])); process.exit(0); });
`;

/** Files whose purpose is to hold a key for one user's eyes. */
const KEEPERS =
  /\/\.commons\/(keys|secrets)\/|\/pgbackrest[^/]*\.conf$|\/agent\/pgbackrest\/[^/]+\.conf$|\/\.commons\/dns\/key\.conf$/;
const LARGEST = 2 ** 21;

describe("fault 25: secrets", function () {
  this.timeout(600_000);
  let at: Workspace;
  const patient = (...who: Parameters<Workspace["endpoint"]>) => ({ ...at.endpoint(...who), timeoutMs: 60_000 });
  let hook: Listener;
  let spy: ChildProcess;
  const said: string[] = [];
  const planted = {
    DR_API_TOKEN: "canary-of-the-api-1f9c6b2e7d",
    MONGODB_URL: "mongodb://user:canary-of-mongo-84e1c0@127.0.0.1:9/shop",
  };
  const commons = () => commonsOf({ location: at.location, plan: "cotai" });
  const note = (done: Finished) => (said.push(done.output), done);

  /** Every secret that there is, as it is and as it may be written. */
  function canaries(): readonly string[] {
    const { keysFolder, secretsFolder } = commons();
    const keys = readdirSync(keysFolder).filter((file) => file.endsWith(".key"));
    const values = [
      ...keys.map((file) => readFileSync(path.join(keysFolder, file), "utf8").trim()),
      ...(existsSync(secretsFolder) ? readdirSync(secretsFolder) : []).map((file) =>
        readFileSync(path.join(secretsFolder, file), "utf8").trim(),
      ),
      ...["canary-of-the-hook-5d02", "canary-of-mongo-84e1c0"],
    ];
    assert.ok(values.length >= 6 && values.every((value) => value.length > 12));
    return values.flatMap((value) => [value, Buffer.from(value).toString("base64").replace(/=+$/, "")]);
  }
  const isIn = (text: string | Buffer) => canaries().some((canary) => text.includes(canary));

  before(async () => {
    hook = await listen();
    at = makeWorkspace((plan) =>
      plan.replace("mail: { type: email, to: [ops@cotai.test] }", "hook: { type: webhook, address: HOOK_URL }"),
    );
  });
  after(async () => {
    spy?.kill("SIGKILL");
    await closeListeners();
    at?.remove();
  });

  it("that are missing are asked for by their names, in preview and by the agent, which goes on", async () => {
    note(at.up("prod"));
    note(at.up("dr"));
    const preview = note(at.pulumi("preview", "--stack", "dr", "--config", "dr:activation=active"));
    assert.notEqual(preview.code, 0, "no token was given");
    assert.match(
      preview.output,
      /data\.mongo: .*the secret MONGODB_URL holds is protected, and none while it is not set/,
    );
    const log = path.join(at.place("prod").region, "agent/process.log");
    await until("the agent to ask", () => readFileSync(log, "utf8").includes("secret HOOK_URL is not set"), 120_000);
    const [line] = readFileSync(log, "utf8")
      .split("\n")
      .filter((one) => one.includes("HOOK_URL"));
    assert.match(line!, /put it in the environment, or in a file of that name/);
  });

  it("are in no state, output, log, evidence, alert or command line, whatever is done", async () => {
    const { secretsFolder } = commons();
    mkdirSync(secretsFolder, { recursive: true, mode: 0o700 });
    for (const [name, value] of Object.entries({ ...planted, HOOK_URL: `${hook.url}/canary-of-the-hook-5d02` })) {
      writeFileSync(path.join(secretsFolder, name), `${value}\n`, { mode: 0o600 });
      own(path.join(secretsFolder, name));
    }
    own(secretsFolder);
    spy = spawn(process.execPath, ["-e", SPY], { stdio: ["pipe", "pipe", "inherit", "pipe"] });
    (spy.stdio[3] as NodeJS.WritableStream).end(JSON.stringify(canaries()));
    let spied = "";
    spy.stdout!.on("data", (chunk: Buffer) => (spied += chunk.toString()));

    const copies = async () => at.backups(at.place("dr").copyOf("prod"), "postgres");
    await until("a first backup at dr", async () => (await copies()).length > 0, 180_000);
    killSite(path.join(at.place("prod").region, "agent"));
    note(at.up("prod", "--refresh"));
    note(at.up("dns"));
    await connected(patient("prod", "app"), async (client) => {
      await client.query("create table notes (note text)");
      await client.query("insert into notes values ('kept')");
    });
    const log = () => readFileSync(path.join(at.place("prod").region, "agent/process.log"), "utf8");
    await until(
      "a proven backup at dr",
      async () => (await copies()).some((one) => stateOf(one) === "verified"),
      300_000, // its second try is a minute after the first, its third two minutes after that
    ).catch((error: Error) => assert.fail(`${error.message}\n${log()}`));
    await until("an alert", () => hook.heard.some(({ body }) => body.includes('"kind":"test"')), 180_000);

    note(at.dr("status", "--json"));
    note(at.dr("backups"));
    note(at.pulumi("stack", "export", "--show-secrets", "--stack", "prod"));

    // The primary is gone with all that it had: what dr needs is not there.
    loseSite(at.place("prod").region);
    const recovered = note(at.dr("failover", "--lost", "prod", "--recover-from", "latest", "--yes", "--json"));
    assert.equal(recovered.code, 0, recovered.output);
    const { rows } = await connected(patient("dr", "app"), (client) => client.query("select note from notes"));
    assert.deepEqual(rows, [{ note: "kept" }]);
    note(at.pulumi("stack", "export", "--show-secrets", "--stack", "dr"));

    const ended = new Promise((resolve) => spy.on("close", resolve));
    spy.stdin!.end();
    await ended;
    assert.deepEqual(JSON.parse(spied), [], "command lines");
    assert.ok(!isIn(said.join("\n")), "what commands said");
    assert.ok(hook.heard.length > 0 && !isIn(hook.heard.map(({ body }) => body).join("\n")), "alerts");
  });

  it("are in the environment of no process of a site", () => {
    const all = ["prod", "dr"].flatMap((site) => processesOf(at.place(site).region));
    const looked = all.map((pid) => {
      try {
        assert.ok(!isIn(readFileSync(`/proc/${pid}/environ`)), commandLine(pid));
        return statSync(`/proc/${pid}`).uid;
      } catch (error) {
        if (/^(ENOENT|ESRCH)$/.test((error as NodeJS.ErrnoException).code ?? "")) return undefined; // it has ended
        throw error;
      }
    });
    const users = looked.filter((uid) => uid !== undefined);
    assert.ok(users.length > 3);
    assert.deepEqual([...new Set(users)], [serverUser().uid]);
  });

  it("are in no file but those that keep them, which only their user reads", () => {
    killSite(at.location); // what works goes on making and removing files
    const files = [at.folder, path.join(at.folder, ".dr"), path.join(at.location, "cotai/.commons")].flatMap((folder) =>
      filesBelow(folder),
    );
    const secrets = canaries();
    const found = new Set<string>();
    for (const file of new Set(files)) {
      const stat = statSync(file, { throwIfNoEntry: false });
      if (!stat || stat.size > LARGEST) continue;
      const content = readFileSync(file);
      if (!secrets.some((secret) => content.includes(secret))) continue;
      if (KEEPERS.test(file)) assert.equal(stat.mode & 0o077, 0, `${file} is for one user's eyes`);
      else found.add(path.relative(at.folder, file));
    }
    assert.deepEqual([...found], []);
    const evidence = files.filter((file) => file.includes("/evidence/"));
    assert.ok(evidence.length > 0 && files.some((file) => file.endsWith(".json.bak")), "evidence and backups of state");
  });
});
