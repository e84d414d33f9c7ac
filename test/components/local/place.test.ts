import assert from "node:assert/strict";
import * as path from "node:path";
import { commonsOf, defaultRoot, peerOf, placeOf } from "../../../components/local/place";
import { drSite, siteArgs } from "./site";

const place = (site: string, all = ["prod", "dr"]) => {
  const { copyOf, ...rest } = placeOf({ location: "/sites", plan: "shop", all }, site);
  return { ...rest, copy: copyOf("other") };
};

describe("where local sites lie", () => {
  // Changing this rule moves every site's data: a site that is up would start empty at the new place.
  it("puts all of a site in one folder, its region", () =>
    assert.deepEqual(place("prod"), {
      ...{ region: "/sites/shop/prod", address: "127.0.10.1", bucket: "/sites/shop/prod/bucket" },
      ...{ copy: "/sites/shop/prod/copy-of-other", socketFolder: "/sites/shop/prod/run" },
      files: "/sites/shop/prod/files",
    }));

  it("gives each site an address of its own, by its place in the plan", () =>
    assert.deepEqual(
      ["prod", "dr", "far"].map((site) => place(site, ["prod", "dr", "far"]).address),
      ["127.0.10.1", "127.0.11.1", "127.0.12.1"],
    ));

  it("is the same whoever asks: one site names the other's place without asking it", () =>
    assert.equal(JSON.stringify(placeOf(siteArgs(), "dr")), JSON.stringify(placeOf(drSite({ lost: "prod" }), "dr"))));

  it("keeps what belongs to neither site out of both regions", () =>
    assert.deepEqual(commonsOf({ location: "/sites", plan: "shop" }), {
      ...{ keysFolder: "/sites/shop/.commons/keys", secretsFolder: "/sites/shop/.commons/secrets" },
      ...{ portRegistry: "/sites/shop/.commons/ports.json" },
      ...{ nameServer: "/sites/shop/.commons/dns", nameServerAddress: "127.0.0.1" },
    }));

  const peers: readonly [string, Parameters<typeof peerOf>[0], string | undefined][] = [
    ["prod's is dr", siteArgs(), "dr"],
    ["dr's is prod", drSite(), "prod"],
    ["there is none while it is lost", drSite({ lost: "prod" }), undefined],
    ["a third stands in for a lost one", drSite({ all: ["prod", "dr", "far"], lost: "prod" }), "far"],
    ["a plan with one site has none", siteArgs({ all: ["prod"] }), undefined],
  ];
  for (const [title, site, peer] of peers) it(`the other site: ${title}`, () => assert.equal(peerOf(site), peer));

  it("puts a project's sites in its ignored folder, or for root where the servers' user may look", () => {
    const root = process.getuid!() === 0;
    const expected = root ? /^\/var\/lib\/pulumi-dr\/shop-[0-9a-f]{8}$/ : /^\/work\/shop\/\.dr\/local$/;
    assert.match(defaultRoot("/work/shop"), expected);
  });

  it("tells two projects of one name apart, and finds each again", () => {
    assert.notEqual(defaultRoot("/a/shop"), defaultRoot("/b/shop"));
    assert.equal(defaultRoot("/a/shop"), defaultRoot(path.join("/a", "shop")));
  });
});
