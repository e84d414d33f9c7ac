import assert from "node:assert/strict";
import { matchesGolden } from "../helpers/golden";
import { identity, run, STACKS } from "./program";

const inputsOf = async (liveSite: string, type: string) =>
  (await run("dns", { liveSite })).resources.find((resource) => resource.type === type)?.inputs;

describe("stacks/dns", () => {
  it("every resource is who it was, whichever site is live", async () => {
    matchesGolden("dns.txt", identity((await run("dns", STACKS.dns.values)).resources));
    matchesGolden("dns.txt", identity((await run("dns", { liveSite: "dr" })).resources));
  });

  it("asks nothing of either site's stack", async () => {
    const { calls, resources } = await run("dns", STACKS.dns.values);
    assert.deepEqual(calls, []);
    assert.deepEqual(
      resources.filter(({ type, provider }) => type.startsWith("pulumi:") || provider !== ""),
      [],
    );
  });

  for (const [liveSite, address] of [
    ["prod", "127.0.10.1"],
    ["dr", "127.0.11.1"],
  ] as const) {
    it(`points the plan's name to ${liveSite}, once its database has proven that it takes writes`, async () =>
      assert.deepEqual(await inputsOf(liveSite, "dr:index:DnsRecord"), {
        ...{ server: { address: "127.0.0.1", port: 15053 }, zone: "cotai.test", name: "app.cotai.test", ttlSeconds: 5 },
        ...{ keysFolder: "/sites/cotai/.commons/keys", site: liveSite, address },
        proofs: [{ portRegistry: "/sites/cotai/.commons/ports.json", portName: "postgres" }],
      }));
  }

  it("names nothing of the lost site after a failover: neither its address nor its folder", async () => {
    const { resources } = await run("dns", { liveSite: "dr" });
    assert.ok(!/127\.0\.10\.1|\/prod/.test(JSON.stringify(resources)));
  });

  it("tells the live site, its epoch, the name and who answers for it", async () => {
    const { answer } = await run("dns", STACKS.dns.values);
    assert.deepEqual(await answer, {
      liveSite: "prod",
      epoch: 2,
      name: "app.cotai.test",
      nameServer: "127.0.0.1:15053",
    });
  });
});
