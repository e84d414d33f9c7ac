import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import * as fc from "fast-check";
import {
  answersFor,
  authorityName,
  lookUpAddress,
  lookUpAuthority,
  parseAuthority,
  renderAuthority,
} from "../../../engines/dns/lookup";

describe("engines/dns/lookup", () => {
  it("stands beside the failover record", () => assert.equal(authorityName("app.shop.test"), "_dr.app.shop.test"));

  it("reads back every authority that it writes", () => {
    const site = fc.stringMatching(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    fc.assert(
      fc.property(site, fc.nat(), (name, epoch) => {
        const authority = { site: name, epoch };
        assert.deepEqual(parseAuthority(renderAuthority(authority)), authority);
      }),
    );
  });

  const refused = [
    "",
    "site=prod",
    "epoch=1",
    "site= epoch=1",
    "site=prod epoch=",
    "site=prod epoch=-1",
    "site=prod epoch=1.5",
  ];
  for (const text of [
    ...refused,
    "site=prod epoch=1 ",
    "site=a b epoch=1",
    "site=prod epoch=1\nsite=dr epoch=2",
    "SITE=prod epoch=1",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseAuthority(text), {
        message: `the authority record must read \`site=<site> epoch=<number>\`; got \`${text}\``,
      }));
  }

  describe("asking a name server", () => {
    /** A name server that gives every question one response code; real names have test/live. */
    const answering = async <T>(code: number, work: (server: { address: string; port: number }) => Promise<T>) => {
      const socket = createSocket("udp4");
      socket.on("message", (question, { port, address }) => {
        const answer = Buffer.from(question);
        answer.writeUInt16BE(0x8400 | code, 2);
        socket.send(answer, port, address);
      });
      await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
      try {
        return await work({ address: "127.0.0.1", port: socket.address().port });
      } finally {
        socket.close();
      }
    };
    const [NO_ERROR, SERVER_FAILED, NO_SUCH_NAME, REFUSED] = [0, 2, 3, 5];

    for (const [title, code] of [
      ["no such name", NO_SUCH_NAME],
      ["nothing of this kind", NO_ERROR],
    ] as const) {
      it(`finds no authority and no address where it says ${title}`, () =>
        answering(code, async (server) => {
          assert.equal(await lookUpAuthority(server, "app.shop.test"), undefined);
          assert.equal(await lookUpAddress(server, "app.shop.test"), undefined);
        }));
    }

    for (const [code, name] of [
      [SERVER_FAILED, "ESERVFAIL"],
      [REFUSED, "EREFUSED"],
    ] as const) {
      it(`does not take ${name} for "no site is live"`, () =>
        answering(code, async (server) => {
          const message = `the name server 127.0.0.1:${server.port} does not answer (${name})`;
          await assert.rejects(lookUpAuthority(server, "app.shop.test"), { message });
          assert.equal(await answersFor(server, "shop.test"), false);
        }));
    }

    it(`does not take a server that is gone for "no site is live"`, async () => {
      const gone = await answering(NO_ERROR, (server) => Promise.resolve(server));
      await assert.rejects(lookUpAuthority(gone, "app.shop.test"), {
        message: `the name server 127.0.0.1:${gone.port} does not answer (ECONNREFUSED)`,
      });
      assert.equal(await answersFor(gone, "shop.test"), false);
    });
  });
});
