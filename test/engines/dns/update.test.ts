import assert from "node:assert/strict";
import { renderRemoval, renderUpdate } from "../../../engines/dns/update";

const server = { address: "127.0.0.1", port: 15053 };
const record = { zone: "shop.test", name: "app.shop.test", ttlSeconds: 5, address: "127.0.11.1" };

describe("engines/dns/update", () => {
  it("changes the failover record and the authority record in one update: both or neither", () =>
    assert.equal(
      renderUpdate(server, record, { site: "dr", epoch: 2 }),
      `server 127.0.0.1 15053
zone shop.test.
del app.shop.test. A
add app.shop.test. 5 A 127.0.11.1
del _dr.app.shop.test. TXT
add _dr.app.shop.test. 5 TXT "site=dr epoch=2"
send
`,
    ));

  it("takes both away in one update", () =>
    assert.equal(
      renderRemoval(server, record),
      "server 127.0.0.1 15053\nzone shop.test.\ndel app.shop.test. A\ndel _dr.app.shop.test. TXT\nsend\n",
    ));
});
