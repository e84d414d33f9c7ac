import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { testify, type Sight } from "../../../cli/watch/sight";
import { askWitness, startWitness, type Witness } from "../../../cli/watch/witness";

const TOKEN = "a token of twenty-four letters".replaceAll(" ", "-");
const down = { outcome: "down", reason: "nobody answers" } as const;
const sight: Sight = {
  ...{ site: "prod", live: { site: "prod", epoch: 4 }, hears: { nameServer: true, standby: true } },
  probes: { sql: down, http: down, replication: down },
};

describe("cli/watch/witness", () => {
  const closing: (() => unknown)[] = [];
  afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

  async function started(look: (site: string) => Promise<Sight> = () => Promise.resolve(sight)): Promise<Witness> {
    const witness = await startWitness({ host: "127.0.0.1", port: 0, token: TOKEN, sites: ["prod", "dr"], look });
    closing.push(witness.close);
    return witness;
  }
  async function serve(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => (server.closeAllConnections(), server.close()));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("looks when it is asked, and answers what it saw", async () => {
    const asked: string[] = [];
    const { url } = await started((site) => (asked.push(site), Promise.resolve({ ...sight, site })));
    assert.deepEqual(asked, [], "it remembers nothing that could be passed off as new");
    assert.deepEqual(await askWitness(url, TOKEN, "dr"), { ...sight, site: "dr" });
    assert.deepEqual(asked, ["dr"]);
  });

  it("answers nobody without its token, and does not look for them", async () => {
    const { url } = await started(() => assert.fail("it looked"));
    await assert.rejects(askWitness(url, `${TOKEN}x`, "prod"), /answers 401/);
    const plain = await fetch(`${url}/look`, { method: "POST", body: '{"site":"prod","nonce":"1"}' });
    assert.equal(plain.status, 401);
  });

  it("answers one question only, about sites that it knows", async () => {
    const { url } = await started();
    const ask = async (method: string, path: string, body?: string) =>
      (
        await fetch(`${url}${path}`, {
          method,
          headers: { authorization: `Bearer ${TOKEN}` },
          ...(body ? { body } : {}),
        })
      ).status;
    assert.equal(await ask("GET", "/look"), 404);
    assert.equal(await ask("POST", "/"), 404);
    for (const body of [
      "{",
      '{"site":"prod"}',
      '{"site":"../x","nonce":"1"}',
      `{"site":"prod","nonce":"${"x".repeat(2_000)}"}`,
    ])
      assert.equal(await ask("POST", "/look", body), 400, body);
    await assert.rejects(askWitness(url, TOKEN, "nowhere"), /answers 400/);
  });

  it("refuses a token that could be guessed", () =>
    assert.rejects(
      startWitness({ host: "127.0.0.1", port: 0, token: "short", sites: [], look: () => Promise.resolve(sight) }),
      /16 characters or more.*openssl rand/,
    ));

  it("says that a look failed, and goes on", async () => {
    let times = 0;
    const { url } = await started(() =>
      times++ === 0 ? Promise.reject(new Error("no keys here")) : Promise.resolve(sight),
    );
    await assert.rejects(askWitness(url, TOKEN, "prod"), /answers 500/);
    assert.equal((await askWitness(url, TOKEN, "prod")).site, "prod");
  });

  describe("its answer is not believed", () => {
    const answers: [string, (nonce: string) => unknown][] = [
      ["if it is to another question: a replay", () => ({ nonce: "of yesterday", sight })],
      ["without a nonce", () => ({ sight })],
      ["without a sight", (nonce) => ({ nonce })],
      ["if it lacks a probe", (nonce) => ({ nonce, sight: { ...sight, probes: { sql: down, http: down } } })],
      [
        "if a probe says a word that nobody knows",
        (nonce) => ({ nonce, sight: { ...sight, probes: { ...sight.probes, sql: { outcome: "gone" } } } }),
      ],
    ];
    for (const [title, answer] of answers)
      it(title, async () => {
        const url = await serve((request, response) => {
          let body = "";
          request.on("data", (chunk: Buffer) => (body += chunk.toString()));
          request.on("end", () => response.end(JSON.stringify(answer((JSON.parse(body) as { nonce: string }).nonce))));
        });
        await assert.rejects(askWitness(url, TOKEN, "prod"), /not one to this question/);
      });

    it("if it sends the asker elsewhere: the token stays here", async () => {
      const elsewhere = await serve(() => assert.fail("it was followed"));
      const url = await serve(
        (_request, response) => void response.writeHead(307, { location: `${elsewhere}/look` }).end(),
      );
      await assert.rejects(askWitness(url, TOKEN, "prod"), /does not answer/);
    });

    it("if it does not come", async () => {
      const silent = await serve(() => {});
      await assert.rejects(askWitness(silent, TOKEN, "prod", 100), /does not answer/);
      await assert.rejects(askWitness("http://127.0.0.1:1", TOKEN, "prod"), /does not answer/);
    });
  });
});

describe("cli/watch/sight: what a witness's sight is worth", () => {
  const asked = { site: "prod", live: { site: "prod", epoch: 4 } };
  const cases: [string, Partial<Sight>, "well" | "lost" | "unknown", RegExp][] = [
    ["all three probes are down", {}, "lost", /^nobody answers$/],
    [
      "one probe is well",
      { probes: { ...sight.probes, replication: { outcome: "well", reason: "it streams" } } },
      "well",
      /^replication: it streams$/,
    ],
    [
      "one probe is unknown",
      { probes: { ...sight.probes, replication: { outcome: "unknown", reason: "no standby" } } },
      "unknown",
      /^replication: no standby$/,
    ],
    ["it hears nobody", { hears: { nameServer: false, standby: false } }, "unknown", /cut off/],
    [
      "it hears nobody, and yet the site",
      {
        hears: { nameServer: false, standby: false },
        probes: { ...sight.probes, http: { outcome: "well", reason: "200" } },
      },
      "well",
      /http/,
    ],
    [
      "it reads an older authority record",
      { live: { site: "prod", epoch: 3 } },
      "unknown",
      /another authority record \(prod, epoch 3\)/,
    ],
    ["it speaks of another site", { site: "dr" }, "unknown", /speaks of dr/],
  ];
  for (const [title, change, vote, reason] of cases)
    it(`${vote}: ${title}`, () => {
      const said = testify({ ...sight, ...change }, asked);
      assert.equal(said.vote, vote);
      assert.match(said.reason, reason);
    });

  it("unknown: it reads no authority record", () => {
    const { live: _live, ...rest } = sight;
    assert.equal(testify(rest, asked).vote, "unknown");
  });
});
