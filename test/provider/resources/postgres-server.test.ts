import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { PostgresServerInputs, PostgresServerOutputs } from "../../../provider/postgres/server";
import { postgresServer } from "../../../provider/resources/postgres-server";
import { serverUser } from "../../../engines/user";
import { fakePostgres, withPostgres } from "../../helpers/fake-postgres";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";

const SOURCE = "../../provider/resources/postgres-server";

describe("provider/resources/postgres-server, before anything is made", () => {
  const at = temporary();
  const inputs = (change: Partial<PostgresServerInputs> = {}): PostgresServerInputs => ({
    ...{ folder: at("sites", "prod", "orders"), site: "prod", name: "shop-orders", address: "127.0.10.1" },
    ...{
      portRegistry: at("commons", "ports.json"),
      portName: "orders",
      socketFolder: at("run"),
      keysFolder: at("keys"),
    },
    ...{ database: "orders", activation: "active", repositories: [at("bucket")], keepFulls: 7 },
    ...{ archiveTimeoutSeconds: 60, slotCapMiB: 1024 },
    authority: {
      name: "app.shop.test",
      address: "127.0.0.1",
      portRegistry: at("commons", "ports.json"),
      portName: "dns",
    },
    ...change,
  });

  /** The failures of a check with some PostgreSQL. */
  async function failures(change: Partial<PostgresServerInputs> = {}, postgres?: string, old?: PostgresServerOutputs) {
    const bin = postgres ?? fakePostgres(at("bin"), "postgres (PostgreSQL) 15.13");
    return withPostgres(bin, SOURCE, async (loaded) => {
      const { check } = (loaded as { postgresServer: typeof postgresServer }).postgresServer;
      const { failures = [] } = await check!(inputs(change), old);
      return failures.map(({ property, reason }) => `${property}: ${reason}`);
    });
  }

  it("accepts a machine that has all it needs, and makes nothing but a note of the port", async () => {
    assert.deepEqual(await failures(), []);
    assert.deepEqual(readdirSync(at()).sort(), ["bin", "commons"]);
    assert.deepEqual(readdirSync(at("commons")), ["ports.json"]);
  });

  it("refuses a folder for sockets whose address would be too long", async () => {
    const long = at("s".repeat(100));
    const [said] = await failures({ socketFolder: long });
    assert.equal(
      said,
      `socketFolder: must be 92 characters or fewer, the most that a socket's address holds; got ${long.length}. Set dr:root to a shorter folder`,
    );
  });

  it("refuses a folder that the servers' user may not enter", async function () {
    if (process.getuid!() !== 0) return skip(this, "a folder is closed to its own owner only by root");
    mkdirSync(at("closed"), { mode: 0o700 });
    assert.deepEqual(await failures({ folder: at("closed", "orders") }), [
      `folder: must be open to the user ${serverUser().name}, as which PostgreSQL runs; ${at("closed")} is not`,
    ]);
  });

  it("refuses a machine without PostgreSQL", async () => {
    mkdirSync(at("empty"));
    const said = `folder: PostgreSQL's server is not installed (looked in ${at("empty")}); run scripts/setup`;
    assert.deepEqual(await failures({}, at("empty")), [said]);
    assert.deepEqual(readdirSync(at()), ["empty"]);
  });

  it("refuses a PostgreSQL that is too old", async () => {
    const old = fakePostgres(at("old"), "postgres (PostgreSQL) 12.22");
    assert.deepEqual(await failures({}, old), [`folder: PostgreSQL must be 13 or newer; got 12 in ${old}`]);
    assert.deepEqual(readdirSync(at()), ["old"]);
  });

  it("refuses a port on which something else listens at the site's address", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.10.1", resolve));
    const { port } = other.address() as { port: number };
    try {
      const reason = `must be free; something else listens on 127.0.10.1:${port}. Stop it, or give another port in ${at("commons", "ports.json")}`;
      assert.deepEqual(await failures({ port }), [`port: ${reason}`]);
      assert.deepEqual(
        await failures({ port, address: "127.0.11.1" }),
        [],
        "the other site's address is another matter",
      );
    } finally {
      other.close();
    }
    assert.ok(!existsSync(at("sites")));
  });

  it("refuses a folder that cannot be made, because a file is in its way", async () => {
    writeFileSync(at("file"), "");
    const said = `folder: must be writable; got ${at("file")}, which is not a folder`;
    assert.deepEqual(await failures({ folder: at("file", "orders") }), [said]);
    assert.ok(!existsSync(at("commons")), "no port is kept for what cannot be");
  });

  // Root may write anywhere: the test above is root's.
  if (process.getuid!() !== 0) {
    it("refuses a folder that may not be written to", async () => {
      mkdirSync(at("closed"), { mode: 0o555 });
      const said = `folder: must be writable; got ${at("closed")}, which is not`;
      assert.deepEqual(await failures({ folder: at("closed", "orders") }), [said]);
    });
  }

  it("refuses a disk without room to start in", async function () {
    if (process.getuid!() !== 0) skip(this, "only root may mount a small file system to run out of");
    mkdirSync(at("small"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", at("small")], { stdio: "pipe" });
    } catch (error) {
      skip(this, `no file system can be mounted here (${(error as Error).message.split("\n")[0]})`);
    }
    try {
      const said = `folder: needs 512 MiB free to start with; got 8 MiB in ${at("small")}`;
      assert.deepEqual(await failures({ folder: at("small", "orders") }), [said]);
      assert.deepEqual(readdirSync(at("small")), []);
    } finally {
      execFileSync("umount", [at("small")]);
    }
  });

  it("does not ask a server that is there already for a free port or room", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.10.1", resolve));
    const { port } = other.address() as { port: number };
    try {
      assert.deepEqual(
        await failures({ port }, undefined, { ...inputs({ port }), port, role: "primary", archiveConfig: "" }),
        [],
      );
    } finally {
      other.close();
    }
  });

  it("is made anew only for another folder or database: never for a failover", () =>
    assert.deepEqual(postgresServer.replaceOn, ["folder", "database"]));

  it("waits with every check until the folder is known", async () => {
    const folder = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    assert.deepEqual(await postgresServer.check!(inputs({ folder }), undefined), {
      inputs: { ...inputs({ folder }), running: true },
    });
  });
});
