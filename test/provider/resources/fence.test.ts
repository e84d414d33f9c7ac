import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { fence, type FenceOutputs } from "../../../provider/resources/fence";
import { temporary } from "../../helpers/temporary";

// What a fence does to real servers: test/live/watch.test.ts and switchover.test.ts.
describe("provider/resources/fence, of a server that is not there", () => {
  const at = temporary();
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function port(kind: "closed" | "silent"): Promise<number> {
    const server = createServer((socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    if (kind === "silent") servers.push(server);
    else await new Promise((resolve) => server.close(resolve));
    return port;
  }

  async function proofOf(kind: "closed" | "silent" | "never", strict: boolean): Promise<string> {
    const portRegistry = at("ports.json");
    writeFileSync(portRegistry, JSON.stringify(kind === "never" ? {} : { orders: await port(kind) }));
    const inputs = {
      site: "prod",
      address: "127.0.0.1",
      portRegistry,
      portName: "orders",
      keysFolder: at("keys"),
      database: "orders",
      successor: { site: "dr", address: "127.0.0.2" },
    };
    return (await fence.create({ ...inputs, ...(strict ? { foundLostAt: "2026-11-21T12:00:00Z" } : {}) }, () => {}))
      .outs.proof;
  }

  it("takes it for a proof that nothing listens: the host answered, and says so", async () => {
    for (const strict of [false, true])
      assert.match(await proofOf("closed", strict), /^nothing listens on 127\.0\.0\.1:\d+$/);
  });

  it("takes it for a proof that it was never brought up", async () => {
    for (const strict of [false, true]) assert.equal(await proofOf("never", strict), "it was never brought up");
  });

  it("fences anew for another loss, for another try, and when a person's word comes after the watch's; else what was proven stays", async () => {
    const registry = at("ports.json");
    const inputs = {
      site: "prod",
      address: "127.0.0.1",
      portRegistry: registry,
      portName: "orders",
      keysFolder: at("keys"),
      database: "orders",
      successor: { site: "dr", address: "127.0.0.2" },
    };
    const then = { ...inputs, foundLostAt: "2026-11-21T12:00:00Z" };
    const proven = { ...then, proof: "proven then", lsn: "0/1" };
    writeFileSync(registry, JSON.stringify({ orders: await port("closed") }));
    assert.equal((await fence.update!(proven, then, () => {})).proof, "proven then");
    const tries = [{ foundLostAt: "2026-11-21T18:00:00Z" }, { triedAgainAt: "2026-11-21T12:01:00Z" }];
    for (const now of [inputs, ...tries.map((one) => ({ ...then, ...one }))]) {
      const { proof, lsn } = await fence.update!(proven, now, () => {});
      assert.match(proof, /^nothing listens/);
      assert.equal(lsn, undefined);
    }
  });

  it("sees another try in every up until the other site is promoted", async () => {
    const inputs = {
      ...{ site: "prod", address: "127.0.0.1", portRegistry: at("ports.json"), portName: "orders" },
      ...{ keysFolder: at("keys"), database: "orders", successor: { site: "dr", address: "127.0.0.2" } },
    };
    writeFileSync(inputs.portRegistry, JSON.stringify({ orders: await port("closed") }));
    const seen = async (old?: FenceOutputs) => (await fence.check!(inputs, old)).inputs?.triedAgainAt;
    assert.equal(await seen(), undefined, "the first try");
    assert.equal(await seen({ ...inputs, site: "far", proof: "" }), undefined, "the first try, of another loss");
    const again = await seen({ ...inputs, proof: "" });
    assert.ok(Math.abs(Date.parse(again!) - Date.now()) < 60_000, again);
    const before = "2026-11-21T12:01:00Z";
    assert.ok((await seen({ ...inputs, proof: "", triedAgainAt: before }))! > before);
  });

  it("takes silence for no proof: a person's word stands for it, and without one nothing is promoted", async () => {
    assert.match(await proofOf("silent", false), /cannot be reached/);
    await assert.rejects(
      proofOf("silent", true),
      /^Error: nothing proves that prod writes no more: 127\.0\.0\.1:\d+: does not answer within 2 s\. Nothing was promoted.*npx pulumi-dr failover --lost prod$/,
    );
  });
});
