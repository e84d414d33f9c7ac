import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { keyFile } from "../../../engines/keys";
import * as cluster from "../../../engines/postgres/cluster";
import { serverUser } from "../../../engines/user";
import { temporary } from "../../helpers/temporary";

const settings = {
  ...{ clusterName: "shop", address: "127.0.10.1", port: 15432, archiveTimeoutSeconds: 60, slotCapMiB: 1024 },
};

// What needs no server. What does is in test/live.
describe("engines/postgres/cluster", () => {
  const at = temporary();

  it("takes a folder for a cluster only when it is whole", () => {
    assert.equal(cluster.hasData(at()), false);
    mkdirSync(at("data.draft"));
    writeFileSync(at("data.draft", "PG_VERSION"), "15");
    assert.equal(cluster.hasData(at()), false, "a draft is none");
    mkdirSync(at("data"));
    assert.equal(cluster.hasData(at()), false, "an empty folder is none");
    writeFileSync(at("data", "PG_VERSION"), "15");
    assert.equal(cluster.hasData(at()), true);
  });

  it("makes a server start in recovery by its signal file, and leaves one that is there alone", () => {
    mkdirSync(at("data"));
    cluster.startInRecovery(at("data"));
    cluster.startInRecovery(at("data"));
    assert.equal(readFileSync(at("data", "standby.signal"), "utf8"), "");
  });

  it("moves data aside whole, and says where to", () => {
    mkdirSync(at("data"));
    writeFileSync(at("data", "PG_VERSION"), "15");
    const aside = cluster.setAside(at());
    assert.equal(readFileSync(`${aside}/PG_VERSION`, "utf8"), "15");
    assert.equal(cluster.hasData(at()), false);
  });

  it("does not take another process for the server: after a reboot the number may be anyone's", () => {
    mkdirSync(at("data"));
    assert.equal(cluster.runningPid(at()), undefined, "no file");
    for (const noted of [String(process.pid), "1073741824", "", "half"]) {
      writeFileSync(at("data", "postmaster.pid"), `${noted}\n/data\n`);
      assert.equal(cluster.runningPid(at()), undefined, noted);
    }
  });

  it("includes its settings last, and once however often it runs", () => {
    mkdirSync(at("data"));
    writeFileSync(at("data", "postgresql.conf"), "port = 1\n");
    cluster.configure(at(), { ...settings, socketFolder: at("run") });
    cluster.configure(at(), { ...settings, socketFolder: at("run"), port: 15433 });
    assert.equal(
      readFileSync(at("data", "postgresql.conf"), "utf8"),
      "port = 1\n\ninclude 'dr.conf' # last, so that it wins\n",
    );
    assert.match(readFileSync(at("data", "dr.conf"), "utf8"), /^port = 15433$/m);
    assert.deepEqual(readdirSync(at("data")).sort(), ["dr.conf", "pg_hba.conf", "postgresql.conf"]);
    assert.deepEqual(
      ["run", "data/dr.conf", "data/pg_hba.conf"].map((file) => statSync(at(file)).uid),
      Array(3).fill(serverUser().uid),
    );
  });

  it("writes a password file for tools, for its user's eyes only, and again when a key has changed", () => {
    const file = cluster.passFile(at("keys"));
    const [replicator, postgres] = ["replicator", "postgres"].map((user) =>
      readFileSync(keyFile(at("keys"), user), "utf8").trim(),
    );
    assert.equal(readFileSync(file, "utf8"), `*:*:*:replicator:${replicator}\n*:*:*:postgres:${postgres}\n`);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const { ino } = statSync(file);
    cluster.passFile(at("keys"));
    assert.equal(statSync(file).ino, ino, "unchanged keys: untouched");
    rmSync(keyFile(at("keys"), "postgres"));
    cluster.passFile(at("keys"));
    assert.ok(!readFileSync(file, "utf8").includes(postgres!));
  });

  it("stops nothing where nothing runs", async () => {
    mkdirSync(at("data"));
    await cluster.stop(at());
    assert.deepEqual(readdirSync(at()), ["data"]);
  });
});
