import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { Backup, Repository } from "../../agent/contract";
import { PhysicalPostgresql } from "../../agent/sources/postgresql-physical";
import type { Outside } from "../../cli/drill/outside";
import { makeFolder } from "../../engines/files";
import { passFile } from "../../engines/postgres/cluster";
import { promotion, type PromotionOutputs } from "../../provider/resources/promotion";
import { manual, silent } from "../helpers/protected-postgres";
import { filesBelow, until } from "../helpers/workspace";
import { twoSites, type TwoSites } from "./two-sites";

const own = { name: "own" } as Repository;

describe("fault 18: failovers one after the other, and twice to the same site", function () {
  this.timeout(600_000);
  let at: TwoSites;
  let outside: Outside | undefined;
  const other = (site: string) => (site === "prod" ? "dr" : "prod");
  const promotionOf = (site: string) => at.outs<PromotionOutputs>(site, "dr:index:Promotion postgres-promotion");
  const epochs = (site: string) =>
    at.query<{ epoch: number; site: string }>(site, "select epoch, site from dr.epoch order by epoch", "postgres");

  /** The site's backups, as its agent takes them. */
  function backups(site: string): PhysicalPostgresql {
    const { region, bucket, socketFolder } = at.place(site);
    const { keysFolder, port, address } = at.endpoint(site);
    const server = at.server(site);
    const stanza = {
      ...{ name: "cotai-postgres", keysFolder, dataFolder: path.join(server, "data"), socketFolder, port },
      ...{ workFolder: path.join(server, "pgbackrest"), passFile: passFile(keysFolder), lockWaitMs: 60_000 },
    };
    const copy = at.place(other(site)).copyOf(site);
    makeFolder(path.join(region, "agent"));
    return new PhysicalPostgresql({
      ...{ name: "postgres", plan: "cotai", site, database: "cotai", endpoint: { address, port, keysFolder }, stanza },
      archives: { own: { path: path.join(bucket, "pgbackrest") }, copy: { path: path.join(copy, "pgbackrest") } },
      workFolder: path.join(region, "agent/pgbackrest"),
    });
  }
  const archived = (site: string) =>
    filesBelow(path.join(at.place(site).bucket, "pgbackrest/archive")).filter((file) =>
      /\/[0-9A-F]{24}-[0-9a-f]{40}/.test(file),
    );
  /** Takes the backup that a site takes which has become the writer. */
  async function backUp(site: string): Promise<Backup> {
    for (const name of ["own", "copy"]) await backups(site).prepare(name);
    return backups(site).backUp(manual("incr"), own, silent);
  }

  let oldToken: string;
  before(async () => {
    at = await twoSites();
    await backUp("prod");
    outside = await at.client("flips");
  });
  after(async () => {
    await outside?.stop();
    at?.end();
  });

  it("promotes once, though two do it at the same moment and a third later", async () => {
    await at.up("prod", { activation: "standby" });
    oldToken = at.token("prod");
    const words = { activation: "active", token: oldToken } as const;
    const { serverStart: _start, ...asked } = promotionOf("prod");
    const { address, port } = at.endpoint("dr");
    const inputs = {
      ...asked,
      site: "dr",
      address,
      port,
      demotionToken: oldToken,
      peer: { site: "prod", address: at.place("prod").address },
    };
    const both = await Promise.all([1, 2].map(() => promotion.create(inputs, () => {})));
    for (const { outs } of both) assert.deepEqual([outs.epoch, outs.timeline], [2, 2]);
    await at.up("dr", words);
    await at.point("dr");
    await outside!.first(({ address }) => address === inputs.address, 90_000);
    const before = await at.state("dr");
    await at.up("dr", words);
    await at.point("dr");
    const after = await at.state("dr");
    assert.deepEqual([after.timeline, after.startedAt, promotionOf("dr").epoch], [2, before.startedAt, 2]);
    assert.deepEqual(await epochs("dr"), [
      { epoch: 1, site: "prod" },
      { epoch: 2, site: "dr" },
    ]);
    const full = await backUp("dr");
    assert.deepEqual([full.type, full.details["timeline"]], ["full", 2], "nothing of dr's was backed up before");
    const lost = at.dr("failover", "--lost", "prod", "--yes");
    assert.equal(lost.code, 2);
    assert.match(lost.output, /prod is not live \(dr is, epoch 2\): its loss needs no failover/);
  });

  it("goes back only when the first site is a replica that has all", async () => {
    await assert.rejects(
      at.up("prod", { activation: "active", token: oldToken }),
      /`activation` must be standby: the authority record says dr is live|takes no writes, and dr takes them|it is stale/,
    );
    assert.equal((await at.state("prod")).role, "standby");
    await until("prod to follow", async () => (await at.state("prod")).streaming);
    await at.query("prod", "select pg_wal_replay_pause()", "postgres");
    const paused = outside!.acknowledged.length;
    await until("writes that prod has not replayed", () => outside!.acknowledged.length > paused + 20);
    await at.up("dr", { activation: "standby" });
    const { address, port } = at.endpoint("prod");
    const asked = { ...promotionOf("prod"), address, port, demotionToken: at.token("dr"), timeoutSeconds: 1 };
    await assert.rejects(
      promotion.create(asked, () => {}),
      /hangs at the wait for WAL up to \S+: after 1 s it has replayed up to .*Nothing was promoted/,
    );
    assert.equal((await at.state("prod")).role, "standby");
    await at.query("prod", "select pg_wal_replay_resume()", "postgres");
    await at.up("prod", { activation: "active", token: at.token("dr") });
    await at.point("prod");
    assert.deepEqual((await at.record()).authority, { site: "prod", epoch: 3 });
  });

  it("keeps each history's WAL under its own name, and has a backup of the newest that restores", async () => {
    const before = new Map(archived("prod").map((file) => [file, readFileSync(file)]));
    const back = await backUp("prod");
    assert.equal(back.details["timeline"], 3);
    assert.match(String(back.details["walStart"]), /^00000003/);
    const verdict = await backups("prod").prove(back, own, path.join(at.folder, "scratch"), silent);
    assert.deepEqual(verdict.reasons, []);
    for (const [file, bytes] of before) assert.deepEqual(readFileSync(file), bytes);
    assert.deepEqual([...new Set(archived("prod").map((file) => path.basename(file).slice(0, 8)))].sort(), [
      "00000001",
      "00000003",
    ]);
    assert.deepEqual(await backups("prod").walGaps(own, back), []);
  });

  it("loses nothing when it flips fast", async () => {
    for (const to of ["dr", "prod"]) {
      await at.up(other(to), { activation: "standby" });
      await at.up(to, { activation: "active", token: at.token(other(to)) });
      await at.point(to);
    }
    const flipped = Date.now();
    await outside!.first(({ address, sentMs }) => address === at.place("prod").address && sentMs > flipped, 90_000);
    await outside!.stop();
    assert.deepEqual((await at.record()).authority, { site: "prod", epoch: 5 });
    assert.deepEqual(
      (await epochs("prod")).map(({ site }) => site),
      ["prod", "dr", "prod", "dr", "prod"],
    );
    await until("two copies", async () => (await at.status()).problems.length === 0);
    const there = new Set(await at.written("prod", "flips"));
    assert.deepEqual(
      outside!.acknowledged.filter(({ seq }) => !there.has(seq)),
      [],
    );
    await until("dr to have the same", async () => (await at.written("dr", "flips")).length >= there.size);
    assert.deepEqual(await at.written("dr", "flips"), await at.written("prod", "flips"));
    assert.equal((await at.state("prod")).timeline, 5);
  });
});
