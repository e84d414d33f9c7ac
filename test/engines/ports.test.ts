import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { isFree, keptPort, keptPorts, releasePort } from "../../engines/ports";
import { atOnce } from "../helpers/child";
import { temporary } from "../helpers/temporary";

const listening = (port: number, address: string) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(port, address, () => resolve(server));
  });
const closed = (server: Server) => new Promise((resolve) => server.close(resolve));

describe("engines/ports", () => {
  const at = temporary();
  const registry = () => at("commons", "ports.json");

  it("chooses a free port once and keeps it", async () => {
    const port = await keptPort(registry(), "orders");
    assert.ok(port >= 15_000 && port <= 31_999, "below the ephemeral range");
    assert.equal(await keptPort(registry(), "orders"), port);
    assert.deepEqual(keptPorts(registry()), { orders: port });
    assert.deepEqual(readdirSync(at("commons")), ["ports.json"], "no lock and no draft is left");
  });

  it("gives different names different ports", async () => {
    const ports = [await keptPort(registry(), "a"), await keptPort(registry(), "b"), await keptPort(registry(), "c")];
    assert.equal(new Set(ports).size, 3);
  });

  it("takes a port that a person wrote into the registry, free or not", async () => {
    await keptPort(registry(), "a");
    writeFileSync(registry(), '{ "a": 5432 }');
    assert.equal(await keptPort(registry(), "a"), 5432);
  });

  it("gives a port back, and only that one", async () => {
    const [a] = [await keptPort(registry(), "a"), await keptPort(registry(), "b")];
    await releasePort(registry(), "b");
    assert.deepEqual(keptPorts(registry()), { a });
    await releasePort(registry(), "never kept");
    assert.deepEqual(keptPorts(registry()), { a });
  });

  it("skips a port that something listens on, at whatever address of this machine", async () => {
    const first = await keptPort(registry(), "a");
    const server = await listening(first, "127.0.11.1");
    try {
      await releasePort(registry(), "a");
      assert.notEqual(await keptPort(registry(), "a"), first);
    } finally {
      await closed(server);
    }
    await releasePort(registry(), "a");
    assert.equal(await keptPort(registry(), "a"), first, "the name's own port, now that it is free again");
  });

  it("skips a port that another name keeps", async () => {
    const first = await keptPort(registry(), "a");
    writeFileSync(registry(), JSON.stringify({ other: first }));
    assert.notEqual(await keptPort(registry(), "a"), first);
  });

  it("knows whether an address has a port free", async () => {
    const server = await listening(0, "127.0.11.1");
    const { port } = server.address() as { port: number };
    try {
      assert.equal(await isFree(port, "127.0.11.1"), false);
      assert.equal(await isFree(port), false, "with no address: on all of them");
      assert.equal(await isFree(port, "127.0.10.1"), true);
    } finally {
      await closed(server);
    }
    assert.equal(await isFree(port, "127.0.11.1"), true, "and leaves it free");
  });

  it("does not start over on a registry that it cannot read", async () => {
    await keptPort(registry(), "a");
    writeFileSync(registry(), "{");
    await assert.rejects(keptPort(registry(), "a"), SyntaxError);
    assert.equal(readFileSync(registry(), "utf8"), "{");
  });

  it("keeps every port that is asked for at once within one process", async () => {
    const names = ["a", "b", "c", "d"];
    const ports = await Promise.all(names.map((name) => keptPort(registry(), name)));
    assert.deepEqual(keptPorts(registry()), Object.fromEntries(names.map((name, i) => [name, ports[i]])));
    assert.deepEqual(readdirSync(at("commons")), ["ports.json"]);
  });

  it("gives processes that ask at the same moment one port for one name, and loses none", async () => {
    const file = JSON.stringify(registry());
    const modules = `const { keptPort } = require("./engines/ports")`;
    const work = `[await keptPort(${file}, "shared"), await keptPort(${file}, "p" + process.pid) && ""]`;
    const answers = await atOnce(3, modules, work);
    const { shared, ...own } = keptPorts(registry());
    assert.deepEqual(answers, Array(3).fill(`${shared},`));
    assert.equal(new Set(Object.values(own)).size, 3);
  });

  it("breaks a lock that a killed process left behind", async () => {
    await keptPort(registry(), "a");
    writeFileSync(`${registry()}.lock`, "1");
    utimesSync(`${registry()}.lock`, 0, 0);
    await keptPort(registry(), "b");
    assert.deepEqual(Object.keys(keptPorts(registry())), ["a", "b"]);
    assert.ok(!existsSync(`${registry()}.lock`));
  });

  it("answers a port that is kept without waiting for anyone's lock", async () => {
    const port = await keptPort(registry(), "a");
    writeFileSync(`${registry()}.lock`, "1");
    assert.equal(await keptPort(registry(), "a"), port);
    assert.ok(existsSync(`${registry()}.lock`), "the lock is the other's still");
  });

  it("waits for a lock that is held", async () => {
    await keptPort(registry(), "a");
    const lock = `${registry()}.lock`;
    writeFileSync(lock, "1");
    let kept = false;
    const asked = keptPort(registry(), "b").then(() => (kept = true));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(kept, false);
    rmSync(lock);
    await asked;
    assert.equal(kept, true);
  });
});
