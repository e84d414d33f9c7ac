import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { archiveCommand, renderArchive } from "../../engines/pgbackrest";

const archive = {
  ...{
    stanza: "shop-orders",
    repositories: [{ path: "/s/prod/bucket" }, { path: "/s/dr/copy-of-prod" }],
    passphrase: "c0ffee",
    keepFulls: 7,
  },
  ...{ workFolder: "/s/prod/orders/work", dataFolder: "/s/prod/orders/data", socketFolder: "/s/prod/run", port: 15432 },
};

describe("engines/pgbackrest", () => {
  it("renders every repository with its own encryption and retention, nearest first", () =>
    assert.equal(
      renderArchive(archive),
      `[global]
repo1-path=/s/prod/bucket
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=c0ffee
repo1-retention-full=7
repo2-path=/s/dr/copy-of-prod
repo2-cipher-type=aes-256-cbc
repo2-cipher-pass=c0ffee
repo2-retention-full=7
lock-path=/s/prod/orders/work/lock
spool-path=/s/prod/orders/work/spool
archive-async=y
log-path=/s/prod/orders/work/log
log-level-console=warn
log-level-file=info
compress-type=zst
compress-level=1
process-max=2
start-fast=y

[shop-orders]
pg1-path=/s/prod/orders/data
pg1-port=15432
pg1-socket-path=/s/prod/run
pg1-user=postgres
`,
    ));

  it("has one repository while the other site is lost", () => {
    const rendered = renderArchive({ ...archive, repositories: [{ path: "/s/dr/bucket" }] });
    assert.match(rendered, /^\[global\]\nrepo1-path=\/s\/dr\/bucket\n/);
    assert.ok(!rendered.includes("repo2"));
  });

  it("ships one segment by a command that holds no key", () =>
    assert.equal(
      archiveCommand("/s/pgbackrest.conf", "shop-orders"),
      `pgbackrest --config='/s/pgbackrest.conf' --stanza=shop-orders archive-push "%p"`,
    ));

  for (const file of [
    "/my sites/a.conf",
    "/o'r/a.conf",
    '/o"r/a.conf',
    "/$(id)/`id`/a.conf",
    "/back\\slash/a.conf",
    "/100%p/a.conf",
  ]) {
    it(`ships with the configuration file ${file} and no other`, () => {
      // What PostgreSQL does with the command: it fills in %p and %%, and hands it to a shell.
      const command = archiveCommand(file, "s").replace(/%([p%])/g, (_, letter) =>
        letter === "p" ? "pg_wal/0001" : "%",
      );
      const shown = execFileSync("/bin/sh", ["-c", command.replace("pgbackrest", "printf '%s\\n'")], {
        encoding: "utf8",
      });
      assert.equal(shown, `--config=${file}\n--stanza=s\narchive-push\npg_wal/0001\n`);
    });
  }
});
