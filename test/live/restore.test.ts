import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { stateOf, type Backup } from "../../agent/contract";
import { ResticRepository } from "../../agent/repository/restic";
import { commonsOf, NAME_SERVER_PORT } from "../../components/local/place";
import { withServerApart } from "../../engines/postgres/apart";
import * as cluster from "../../engines/postgres/cluster";
import { connected, serverState } from "../../engines/postgres/sql";
import { restore, type RestoreInputs } from "../../provider/resources/restore";
import { startChild } from "../helpers/child";
import { filesBelow, makeWorkspace, until, type Workspace } from "../helpers/workspace";

const PLAN = (plan: string) =>
  plan
    .replace(/^ {4}replica: streaming.*\n {4}replicaLag.*\n/m, "")
    .replace(/^( {6}full: "0 2 \* \* \*".*)\n/m, '$1\n      dump: "0 1 * * *"\n');

describe("a site without a replica, recovered from backups", function () {
  this.timeout(600_000);
  let at: Workspace;
  let physical: Backup;
  let dump: Backup;
  let beforeTheMistake: string;
  let afterAll: string;

  const server = (site: string) => path.join(at.place(site).region, "postgres");
  const copy = () => at.place("dr").copyOf("prod");
  const write = (sql: string) => connected(at.endpoint("prod", "app"), (client) => client.query(sql));
  const now = async () =>
    connected(at.endpoint("prod"), async (client) =>
      (await client.query<{ now: Date }>("select clock_timestamp() as now")).rows[0]!.now.toISOString(),
    );
  /** Has all that was written so far archived, and sees it in the copy. */
  const archive = async () => {
    const segment = await connected(at.endpoint("prod"), async (client) => {
      const sql = "select pg_walfile_name(pg_switch_wal()) as name";
      return (await client.query<{ name: string }>(sql)).rows[0]!.name;
    });
    await until(
      `${segment} in the copy`,
      () => filesBelow(path.join(copy(), "pgbackrest/archive")).some((file) => path.basename(file).startsWith(segment)),
      60_000,
    );
  };
  const verified = async (source: string): Promise<Backup | undefined> =>
    (await at.backups(copy(), source)).find((known) => stateOf(known) === "verified")?.backup;

  /** What the provider is asked for, into a folder beside the site's own server. */
  const inputs = (folder: string, change: Partial<RestoreInputs> = {}): RestoreInputs => {
    const { keysFolder, secretsFolder, portRegistry, nameServerAddress } = commonsOf({
      location: at.location,
      plan: "cotai",
    });
    return {
      ...{ site: "dr", lostSite: "prod", bucket: copy(), source: "postgres", stanza: "cotai-postgres" },
      ...{ database: "cotai", folder: path.join(at.place("dr").region, folder), address: at.place("dr").address },
      ...{ portRegistry, portName: "postgres", keysFolder, secretsFolder },
      authority: { name: "app.cotai.test", address: nameServerAddress, portRegistry, portName: NAME_SERVER_PORT },
      ...change,
    };
  };
  const silent = () => {};
  /** What a server holds that was restored and does not run, by PostgreSQL's own word. */
  const lookInto = (folder: string, database: string, sql: string) => {
    const server = path.join(at.place("dr").region, folder);
    const logFile = path.join(server, "look.log");
    return withServerApart({ data: cluster.dataFolder(server), logFile, endpoint: at.endpoint("dr") }, (socket) =>
      connected({ ...socket, database }, async (client) => (await client.query<Record<string, unknown>>(sql)).rows),
    );
  };
  const notesIn = async (folder: string) =>
    (await lookInto(folder, "cotai", "select note from notes order by note")).map(({ note }) => note);
  const preview = (...args: string[]) =>
    at.pulumi(
      "preview",
      "--stack",
      "dr",
      "--config",
      "dr:activation=active",
      "--config",
      "dr:siteIsLost=prod",
      ...args,
    );

  before(async () => {
    at = makeWorkspace(PLAN);
    at.up("prod");
    await write("create table notes (note text)");
    await write("insert into notes values ('at the start')");
    for (const stack of ["dr", "dns"]) at.up(stack);
    await until(
      "backups that are proven",
      async () => Boolean((await verified("postgres")) && (await verified("postgres.dump"))),
      180_000,
    );
    physical = (await verified("postgres"))!;
    dump = (await verified("postgres.dump"))!;
    await write("insert into notes values ('after the backup')");
    beforeTheMistake = await now();
    await write("delete from notes");
    await write("insert into notes values ('after the mistake')");
    afterAll = await now();
    await archive();
  });
  after(() => at?.remove());

  it("runs no server on standby, and says how it recovers", () => {
    const again = at.pulumi("up", "--stack", "dr", "--yes", "--skip-preview", "--expect-no-changes");
    assert.equal(again.code, 0, again.output);
    assert.equal(existsSync(server("dr") + "/data"), false);
  });

  it("comes back to the end of the archive", async () => {
    const told: string[] = [];
    const { outs } = await restore.create(inputs("latest"), (text, kind) => kind !== "passing" && told.push(text));
    assert.equal(outs.backup, physical.id);
    assert.deepEqual(await notesIn("latest"), ["after the mistake"]);
    assert.match(told.join("\n"), new RegExp(`restored from ${physical.id}, up to the commit of`));
  });

  it("comes back to the moment before a mistake", async () => {
    await restore.create(inputs("moment", { recoverFrom: beforeTheMistake }), silent);
    assert.deepEqual(await notesIn("moment"), ["after the backup", "at the start"]);
  });

  it("refuses a moment that the archive does not reach", async () => {
    await assert.rejects(
      restore.create(inputs("later", { recoverFrom: afterAll }), silent),
      /PostgreSQL could not bring .* up: nothing was committed between the moment that was asked for and the end/,
    );
    assert.equal(cluster.hasData(path.join(at.place("dr").region, "later")), false);
    const { failures } = await restore.check!(inputs("later", { recoverFrom: "2999-01-01T00:00:00Z" }), undefined);
    assert.match(failures![0]!.reason, /^the archive ends at .*, before 2999-01-01T00:00:00.000Z; latest takes all/);
  });

  it("comes back to one backup, and to nothing after it", async () => {
    await restore.create(inputs("one", { recoverFrom: physical.id }), silent);
    assert.ok(!(await notesIn("one")).includes("after the backup"));
  });

  it("comes back from a dump, into a new cluster", async () => {
    const { outs } = await restore.create(inputs("dump", { recoverFrom: dump.id }), silent);
    assert.equal(outs.backup, dump.id);
    assert.ok((await notesIn("dump")).includes("at the start"));
    const epochs = await lookInto("dump", "postgres", "select epoch, site from dr.epoch");
    assert.deepEqual(epochs, [{ epoch: 1, site: "prod" }], "a dump knows no epoch, and the next must be greater");
  });

  it("finds nothing to recover from where the copy is gone, and says so before anything is done", async () => {
    renameSync(copy(), `${copy()}-away`);
    try {
      const { failures } = await restore.check!(inputs("nothing"), undefined);
      assert.deepEqual(failures, [
        {
          property: "recoverFrom",
          reason: `there is nothing to recover from: the bucket ${copy()} is not there`,
        },
      ]);
    } finally {
      renameSync(`${copy()}-away`, copy());
    }
  });

  it("refuses a backup whose files are damaged, and changes nothing", async () => {
    const folder = path.join(copy(), "pgbackrest/backup/cotai-postgres", physical.locator);
    const [largest] = filesBelow(folder).sort((a, b) => statSync(b).size - statSync(a).size);
    const whole = readFileSync(largest!);
    const damaged = Buffer.from(whole);
    for (let at = damaged.length >> 1; at < damaged.length; at += 97) damaged[at]! ^= 0xff;
    writeFileSync(largest!, damaged);
    try {
      await assert.rejects(
        restore.create(inputs("one", { recoverFrom: beforeTheMistake }), silent),
        /cannot be restored/,
      );
    } finally {
      writeFileSync(largest!, whole);
    }
    assert.equal(existsSync(path.join(at.place("dr").region, "one/restoring")), false);
    assert.ok((await notesIn("one")).includes("at the start"), "what was there before is there still");
  });

  const segments = () =>
    filesBelow(path.join(copy(), "pgbackrest/archive"))
      .filter((file) => /\/[0-9A-F]{24}-[0-9a-f]{40}/.test(file))
      .sort();

  it("refuses an archive with a gap: what is behind it cannot be replayed", async () => {
    const first = segments().find((file) => path.basename(file).startsWith(String(physical.details["walStart"])))!;
    renameSync(first, `${copy()}/away`);
    try {
      const { failures } = await restore.check!(inputs("gap"), undefined);
      assert.match(failures![0]!.reason, /^the archive lacks [0-9A-F]{24}, and nothing behind it can be replayed/);
    } finally {
      renameSync(`${copy()}/away`, first);
    }
  });

  it("never says ok when replay ended before the archive did", async () => {
    const newest = segments().at(-1)!;
    const whole = readFileSync(newest);
    const damaged = Buffer.from(whole);
    for (let at = 0; at < damaged.length; at += 97) damaged[at]! ^= 0xff;
    writeFileSync(newest, damaged);
    try {
      await assert.rejects(restore.create(inputs("half"), silent), /replay ended at .*, the newest WAL of the archive/);
    } finally {
      writeFileSync(newest, whole);
    }
    assert.equal(cluster.hasData(inputs("half").folder), false);
  });

  it("refuses a backup that says of itself what its files do not", async () => {
    const { keysFolder } = inputs("forged");
    const place = { name: "copy", url: path.join(copy(), "restic"), passwordFile: path.join(keysFolder, "restic.key") };
    const repository = new ResticRepository({ ...place, cacheFolder: path.join(at.folder, "cache") });
    const forged = {
      ...{ ...physical, id: "postgres-20200101T000000.000Z-full", startedAt: "2020-01-01T00:00:00.000Z" },
      details: { ...physical.details, lsnStop: "0/1000000" },
    };
    await repository.writeBackup(forged);
    await assert.rejects(
      restore.create(inputs("forged", { recoverFrom: forged.id }), silent),
      /postgres-20200101T000000\.000Z-full is not to be restored: .* in the archive is of/,
    );
    assert.equal(cluster.hasData(path.join(at.place("dr").region, "forged")), false);
  });

  it("is begun again after a kill -9, and finds done what was done", async () => {
    const asked = inputs("killed", { recoverFrom: beforeTheMistake });
    const draft = path.join(asked.folder, "restoring");
    const child = startChild(
      `require("./provider/resources/restore").restore.create(${JSON.stringify(asked)}, () => {}).then(() => console.log("ready"))`,
    );
    await until("the restore to be under way", () => existsSync(path.join(draft, "data")));
    process.kill(child.pid, "SIGKILL");
    await child.ended;
    assert.equal(cluster.hasData(asked.folder), false, "half a database does not look like one");

    const { outs } = await restore.create(asked, silent);
    assert.deepEqual(await notesIn("killed"), ["after the backup", "at the start"]);
    // Cut off on its last step: the copy is whole, and is not in its place yet.
    mkdirSync(draft);
    renameSync(cluster.dataFolder(asked.folder), path.join(draft, "data"));
    const last: string[] = [];
    assert.equal((await restore.create(asked, (text) => last.push(text))).outs.recovery, outs.recovery);
    assert.ok(!last.some((text) => text.startsWith("restoring")), "it is not restored a second time");

    const told: string[] = [];
    const again = await restore.create(asked, (text, kind) => kind !== "passing" && told.push(text));
    assert.deepEqual([again.outs.recovery, told], [outs.recovery, [`restored before, from ${physical.id}`]]);
    assert.deepEqual(
      readdirSync(asked.folder).filter((name) => /kept|restoring/.test(name)),
      [],
    );
  });

  it("keeps the data that was there, and restores another point until the copy is in use", async () => {
    const told: string[] = [];
    await restore.create(inputs("killed"), (text, kind) => kind !== "passing" && told.push(text));
    assert.deepEqual(await notesIn("killed"), ["after the mistake"]);
    assert.match(told.join("\n"), /kept: .*killed\/data\.kept-/);
  });

  it("does not take an old copy for the newest: the site may have lived on since", async () => {
    await write("insert into notes values ('later')");
    await archive();
    await restore.create(inputs("killed"), silent);
    assert.deepEqual(await notesIn("killed"), ["after the mistake", "later"]);
  });

  it("says in a preview what it would take", () => {
    const { output } = preview();
    assert.match(
      output,
      new RegExp(`recovers postgres from ${physical.id} \\(verified, complete at .* ago\\) and all WAL`),
    );
    assert.match(output, /postgres-restore/);
  });

  it("takes over from a site that still answers with nothing lost: that archives first all that it has", async () => {
    await write("insert into notes values ('just before')");
    const moved = at.dr("failover", "--lost", "prod", "--yes");
    assert.equal(moved.code, 0, moved.output);
    assert.match(moved.output, new RegExp(`dr's postgres is restored: ${physical.id}`));
    const notes = await connected(at.endpoint("dr", "app"), async (client) => {
      await client.query("insert into notes values ('at dr')");
      return (await client.query<{ note: string }>("select note from notes order by note")).rows.map(
        ({ note }) => note,
      );
    });
    assert.deepEqual(notes, ["after the mistake", "at dr", "just before", "later"]);
    assert.equal((await connected(at.endpoint("dr"), serverState)).role, "primary");
    const { live } = JSON.parse(at.dr("status", "--json").stdout) as { live: object };
    assert.deepEqual(live, { site: "dr", epoch: 2 });
    const again = at.pulumi("up", "--stack", "dr", "--yes", "--skip-preview", "--expect-no-changes");
    assert.equal(again.code, 0, again.output);
  });

  it("never restores over the live database, whatever is said later", async () => {
    const { code, output } = preview("--config", `dr:recoverFrom=${beforeTheMistake}`);
    assert.notEqual(code, 0);
    assert.match(output, /recoverFrom.*must not change any more: dr was restored from latest and is live since/s);
    assert.equal((await connected(at.endpoint("dr"), serverState)).role, "primary");
    at.pulumi("config", "rm", "dr:recoverFrom", "--stack", "dr");
  });

  it("has two copies again when the lost site is back: a site without a replica waits for its own restore", async () => {
    const back = at.dr("failback", "--yes");
    assert.equal(back.code, 0, back.output);
    assert.equal(cluster.runningPid(server("prod")), undefined);
    await until("two copies", () => at.dr("status").code === 0, 180_000);
    assert.match(at.dr("status").stdout, /prod +postgres +waiting +recovered by restore: postgres[.-]/);
  });
});
