import assert from "node:assert/strict";
import { renderKey, renderKnot, renderZone, tsigSecret } from "../../../engines/dns/knot";

const settings = { folder: "/s/dns", address: "127.0.0.1", port: 15053, zone: "shop.test" };

describe("engines/dns/knot", () => {
  it("renders a server of one zone, which only signed updates change", () =>
    assert.equal(
      renderKnot(settings),
      `server:
    rundir: "/s/dns"
    listen: "127.0.0.1@15053"
    tcp-workers: 1
    udp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "/s/dns"
include: "/s/dns/key.conf"
acl:
  - id: update
    key: "pulumi-dr"
    action: update
template:
  - id: default
    storage: "/s/dns"
    file: "%s.zone"
    semantic-checks: on
    zonefile-sync: 0
    journal-content: changes
zone:
  - domain: "shop.test"
    acl: update
`,
    ));

  it("quotes a folder with a quote in its name, and leaves a backslash as it is", () =>
    assert.equal(/^ {4}rundir: (.*)$/m.exec(renderKnot({ ...settings, folder: '/o"r/a\\b' }))?.[1], '"/o\\"r/a\\b"'));

  it("keeps the key in a file of its own", () => {
    assert.equal(tsigSecret("00ff10"), "AP8Q");
    assert.equal(renderKey("AP8Q"), `key:\n  - id: "pulumi-dr"\n    algorithm: hmac-sha256\n    secret: "AP8Q"\n`);
    assert.ok(!renderKnot(settings).includes("secret"));
  });

  it("starts a zone that names itself and nothing else: it must not say that a site is live", () =>
    assert.equal(
      renderZone("shop.test", "127.0.0.1"),
      "$ORIGIN shop.test.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 604800 5\n@ NS ns\nns A 127.0.0.1\n",
    ));
});
