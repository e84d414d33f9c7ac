import assert from "node:assert/strict";
import { ACCESS, identifier, renderSettings, slotName, type ServerSettings } from "../../../engines/postgres/settings";

const settings: ServerSettings = {
  ...{ clusterName: "shop-orders-prod", address: "127.0.10.1", port: 15432, socketFolder: "/s/run" },
  ...{ archiveTimeoutSeconds: 60, slotCapMiB: 1024 },
};
const upstream = { address: "127.0.11.1", port: 15432, passFile: "/s/keys/pgpass", slot: "prod" };

/** The rendered value of one setting. */
const value = (name: string, change: Partial<ServerSettings> = {}) =>
  new RegExp(`^${name} = (.*)$`, "m").exec(renderSettings({ ...settings, ...change }))?.[1];

describe("engines/postgres/settings", () => {
  it("renders a server that follows, ships its WAL and waits for a standby", () => {
    const change = { upstream, archiveCommand: "ship %p" };
    assert.equal(
      renderSettings({ ...settings, ...change }),
      `cluster_name = 'shop-orders-prod'
listen_addresses = '127.0.10.1'
port = 15432
unix_socket_directories = '/s/run'
password_encryption = 'scram-sha-256'
wal_level = 'replica'
hot_standby = 'on'
max_wal_senders = 10
max_replication_slots = 10
max_slot_wal_keep_size = '1024MB'
wal_log_hints = 'on'
archive_mode = 'on'
archive_command = 'ship %p'
archive_timeout = 60
primary_conninfo = 'host=127.0.11.1 port=15432 user=replicator passfile=''/s/keys/pgpass'' application_name=shop-orders-prod connect_timeout=3 options=''-c tcp_user_timeout=10s'''
primary_slot_name = 'prod'
wal_retrieve_retry_interval = '1s'
wal_sender_timeout = '10s'
wal_receiver_timeout = '10s'
log_line_prefix = '%m [%p] '
`,
    );
  });

  it("renders a server that stands alone with nothing to follow or ship with", () =>
    assert.deepEqual(
      ["primary_conninfo", "primary_slot_name", "archive_command"].map((name) => value(name)),
      ["''", "''", "''"],
    ));

  it("keeps a prepared archive on, so that switching it on later needs no restart", () =>
    assert.equal(value("archive_mode"), "'on'"));

  // PostgreSQL reads '' as ' and \\ as \ in its configuration file; connection strings have escapes of their own within.
  const quoted: readonly [string, string | undefined, string][] = [
    ["a quote", value("unix_socket_directories", { socketFolder: "/o'r" }), "'/o''r'"],
    ["a backslash", value("unix_socket_directories", { socketFolder: "/o\\t" }), "'/o\\\\t'"],
    ["a quote in a command", value("archive_command", { archiveCommand: `a 'b' "c"` }), `'a ''b'' "c"'`],
  ];
  for (const [title, rendered, expected] of quoted) it(`quotes ${title}`, () => assert.equal(rendered, expected));

  it("quotes a password file's path twice: for the connection string and for the configuration file", () =>
    assert.equal(
      value("primary_conninfo", { upstream: { ...upstream, passFile: "/my sites/o'r\\d" } }),
      `'host=127.0.11.1 port=15432 user=replicator passfile=''/my sites/o\\\\''r\\\\\\\\d'' application_name=shop-orders-prod connect_timeout=3 options=''-c tcp_user_timeout=10s'''`,
    ));

  it("lets in nobody without a password, and nobody from outside this machine", () => {
    assert.equal(
      ACCESS,
      `local all         all                     scram-sha-256
host  all         all        127.0.0.0/8  scram-sha-256
host  replication replicator 127.0.0.0/8  scram-sha-256
`,
    );
  });

  it("makes any name an SQL identifier", () => {
    assert.equal(identifier("orders"), '"orders"');
    assert.equal(identifier('a"; drop database "b'), '"a""; drop database ""b"');
    assert.equal(identifier("back\\slash and 'quote'"), `"back\\slash and 'quote'"`);
  });

  it("makes a slot name of small letters, digits and underscores", () =>
    assert.deepEqual(["dr", "eu-west-1", "DR.2", "dr_2"].map(slotName), ["dr", "eu_west_1", "dr_2", "dr_2"]));
});
