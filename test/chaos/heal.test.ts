import { strict as assert } from "node:assert";
import { nextCommand, type Sight } from "./heal";

describe("an operator who goes by the documentation", () => {
  const well: Sight = {
    ...{ ok: true, live: { site: "prod", epoch: 3 }, problems: [], locked: [] },
    databases: [
      { site: "prod", role: "primary", epoch: 3 },
      { site: "dr", role: "standby" },
    ],
    activation: { prod: "active", dr: "standby" },
    saysLost: { prod: false, dr: false },
  };
  const role = (prod: string, dr: string, epoch = 3) => [
    { site: "prod" as const, role: prod, epoch: 3 },
    { site: "dr" as const, role: dr, epoch },
  ];
  const typed = (sight: Partial<Sight>, tried = 0) =>
    nextCommand({ ...well, ...sight }, tried)
      ?.filter((word) => !["--yes", "--json", "--skip-preview"].includes(word))
      .join(" ");

  it("does nothing where all is well", () => assert.equal(typed({}), undefined));

  it("takes away a lock that nobody holds any more, before all else", () =>
    assert.equal(typed({ locked: ["dr"], ok: false }), "pulumi cancel --stack dr"));

  it("has a site come back that is no copy, and one that is still said to be lost", () => {
    assert.equal(typed({ ok: false, databases: role("primary", "unreachable") }), "pulumi-dr failback");
    assert.equal(typed({ saysLost: { prod: true, dr: false } }), "pulumi-dr failback");
  });

  it("moves the record after a promotion that was cut off", () =>
    assert.equal(
      typed({ ok: false, databases: role("standby", "primary", 4) }),
      "pulumi up --stack dns --config dr:liveSite=dr",
    ));

  it("goes on with a switch that was cut off, and else has the live site go on, and else gives it up", () => {
    const none = { ok: false, databases: role("standby", "standby"), activation: { prod: "standby", dr: "standby" } };
    assert.equal(typed(none), "pulumi-dr failover");
    assert.equal(typed(none, 1), "pulumi up --stack prod --config dr:activation=active");
    assert.equal(typed(none, 2), "pulumi-dr failover --lost prod");
  });

  it("goes on with the failover from a site that was said to be lost", () =>
    assert.equal(
      typed({ ok: false, databases: role("unreachable", "standby"), saysLost: { prod: false, dr: true } }),
      "pulumi-dr failover --lost prod",
    ));

  it("puts values right that a command which was refused has left", () => {
    assert.equal(
      typed({ activation: { prod: "standby", dr: "standby" } }),
      "pulumi config set dr:activation active --stack prod",
    );
    assert.equal(
      typed({ activation: { prod: "active", dr: "active" } }),
      "pulumi config set dr:activation standby --stack dr",
    );
  });
});
