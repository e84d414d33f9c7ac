import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { defaultRoot } from "../../components/local/place";
import { readConfig } from "../../stacks/config";
import { temporary } from "../helpers/temporary";
import { configured, PLAN, run, type Values } from "./program";

const read = async (stack: string, values: Values) => (await configured(stack, values, readConfig)).answer;
const told = async (stack: string, values: Values) => {
  const { plan, ...rest } = await read(stack, values);
  return { ...rest, plan: plan.name };
};
const site = {
  ...{ kind: "site", plan: "cotai", platform: "local", location: "/sites", demotionTokens: {} },
  ...{ generations: {}, automatedBackups: {}, adopt: {} },
};

describe("stacks/config", () => {
  it("reads a site, which is the stack's own name unless it is told", async () => {
    assert.deepEqual(await told("dr", { activation: "standby" }), { ...site, site: "dr", activation: "standby" });
    assert.deepEqual(await told("mine", { site: "prod", activation: "active" }), {
      ...site,
      site: "prod",
      activation: "active",
    });
  });

  it("reads a failover", async () =>
    assert.deepEqual(await told("dr", { activation: "active", siteIsLost: "prod" }), {
      ...{ ...site, site: "dr", activation: "active", siteIsLost: "prod" },
    }));

  it("reads a failover of the watch, which a person's word makes a person's", async () => {
    const values = { activation: "active", siteSeemsLost: "prod@2026-11-21T12:00:00.123Z" };
    const failover = { ...site, site: "dr", activation: "active", siteIsLost: "prod" };
    assert.deepEqual(await told("dr", values), { ...failover, lossFoundAt: "2026-11-21T12:00:00.123Z" });
    assert.deepEqual(await told("dr", { ...values, siteIsLost: "prod" }), failover);
  });

  it("reads a planned switch", async () => {
    const demotionTokens = { postgres: "7:1:0/3000060" };
    assert.deepEqual(await told("dr", { activation: "active", demotionTokens: JSON.stringify(demotionTokens) }), {
      ...{ ...site, site: "dr", activation: "active", demotionTokens },
    });
  });

  it("reads what a lost site is recovered from, a moment in one zone", async () => {
    const lost = { activation: "active", siteIsLost: "prod" } as const;
    const from = async (recoverFrom: string) =>
      (await told("dr", { ...lost, recoverFrom })) as { recoverFrom?: string };
    assert.deepEqual(await from("2026-11-21T18:30:00+01:00"), {
      ...{ ...site, site: "dr", ...lost, recoverFrom: "2026-11-21T17:30:00.000Z" },
    });
    for (const text of ["latest", "postgres-20261121T020000.000Z-full", "postgres.dump-20261121T020000.000Z-full"])
      assert.equal((await from(text)).recoverFrom, text);
  });

  it("reads what a site on AWS is told beside", async () => {
    const generations = { postgres: { prod: 2, dr: 1 } };
    const automatedBackups = { postgres: "arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1" };
    const adopt = { "backups-copy": "a-bucket" };
    const values = { generations, automatedBackups, adopt };
    const given = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
    assert.deepEqual(await told("dr", { activation: "standby", ...given }), {
      ...{ ...site, site: "dr", activation: "standby" },
      ...values,
    });
    const config = await read("dr", { activation: "standby", databasePassword: "canary-5e1f" });
    const password = config.kind === "site" && config.databasePassword;
    assert.equal(password && (await (password as unknown as { isSecret: Promise<boolean> }).isSecret), true);
  });

  it("reads the DNS stack, whatever the stack's name", async () => {
    const dns = { kind: "dns", plan: "cotai", platform: "local", location: "/sites", liveSite: "dr" };
    assert.deepEqual(await told("dns", { liveSite: "dr" }), dns);
    assert.deepEqual(await told("records", { liveSite: "dr" }), dns);
    assert.deepEqual(await told("dns", { liveSite: "dr", epoch: "3" }), { ...dns, epoch: 3 });
  });

  it("takes the platform from the plan, and the root from the project, where it is not told", async () => {
    const { platform, location } = await read("prod", { activation: "active", platform: "", root: "" });
    assert.deepEqual({ platform, location }, { platform: "docker", location: defaultRoot(process.cwd()) });
  });

  const refused: readonly [title: string, stack: string, values: Values, message: string][] = [
    [
      "a stack that is neither a site nor the DNS stack",
      ...(["prod", {}] as const),
      "a stack must have dr:activation (a site) or dr:liveSite (the DNS stack), and not both",
    ],
    [
      "a stack that is both",
      ...(["prod", { activation: "active", liveSite: "prod" }] as const),
      "a stack must have dr:activation (a site) or dr:liveSite (the DNS stack), and not both",
    ],
    [
      "a demotion token of something that is no database of the plan",
      ...(["dr", { activation: "active", demotionTokens: '{"postgras":"7:1:0/3000060"}' }] as const),
      "dr:demotionTokens must name databases of the plan (postgres); got postgras",
    ],
    [
      "a generation of something that is no database of the plan",
      ...(["dr", { activation: "active", generations: '{"postgras":{"prod":2}}' }] as const),
      "dr:generations must name databases of the plan (postgres); got postgras",
    ],
    [
      "an epoch that is no number",
      ...(["dns", { liveSite: "dr", epoch: "two" }] as const),
      "dr:epoch must be a whole number, 1 or more: one more with each promotion; got two",
    ],
    [
      "words of a recovery that stayed behind when the site is not lost any more",
      ...(["dr", { activation: "active", recoverFrom: "latest" }] as const),
      "dr:recoverFrom must stand with dr:activation active and dr:siteIsLost: it is for the recovery of a lost site. Say which one is lost, or take it out (npx pulumi config rm dr:recoverFrom)",
    ],
    [
      "a moment without a zone",
      ...(["dr", { activation: "active", siteIsLost: "prod", recoverFrom: "2026-11-21T17:30:00" }] as const),
      "dr:recoverFrom must be latest, a moment such as 2026-11-21T17:30:00Z, or the id of a backup (npx pulumi-dr backups); a moment needs its time and its zone; got 2026-11-21T17:30:00",
    ],
    [
      "a backup of something that is no database of the plan",
      ...([
        "dr",
        { activation: "active", siteIsLost: "prod", recoverFrom: "mongo-20261121T020000.000Z-full" },
      ] as const),
      "dr:recoverFrom must be a backup of a database of the plan (postgres); got mongo-20261121T020000.000Z-full",
    ],
    ["an unknown activation", "prod", { activation: "on" }, "dr:activation must be active or standby; got on"],
    ["a stack that is no site of the plan", "test", { activation: "active" }, "dr:site must be prod or dr; got test"],
    [
      "a site that the plan does not have",
      "prod",
      { activation: "active", site: "mars" },
      "dr:site must be prod or dr; got mars",
    ],
    ["an unknown live site", "dns", { liveSite: "mars" }, "dr:liveSite must be prod or dr; got mars"],
    [
      "an unknown lost site",
      "dr",
      { activation: "active", siteIsLost: "mars" },
      "dr:siteIsLost must be prod; got mars",
    ],
    [
      "a loss that the watch found, without a time",
      "dr",
      { activation: "active", siteSeemsLost: "prod" },
      "dr:siteSeemsLost must be <site>@<time>, as pulumi-dr watch sets it; got prod. A person says dr:siteIsLost",
    ],
    [
      "an unknown site that the watch found lost",
      "dr",
      { activation: "active", siteSeemsLost: "mars@2026-11-21T12:00:00Z" },
      "dr:siteSeemsLost must be prod; got mars",
    ],
    ["itself as the lost site", "dr", { activation: "active", siteIsLost: "dr" }, "dr:siteIsLost must be prod; got dr"],
    [
      "a plan that is not there",
      ...(["prod", { activation: "active", plan: "plans/none.yaml" }] as const),
      "dr:plan must name a plan's file; got plans/none.yaml, which is not there",
    ],
  ];
  for (const [title, stack, values, message] of refused)
    it(`refuses ${title}`, () => assert.rejects(read(stack, values), { message }));

  for (const platform of ["docker", "moon", "constructor"]) {
    it(`refuses the platform ${platform}, which is not built, for either kind of stack`, async () => {
      const message = `dr:platform must be local or aws or azure, which are built so far; got ${platform}`;
      await assert.rejects(run("prod", { activation: "active", platform }), { message });
      await assert.rejects(run("dns", { liveSite: "prod", platform }), { message });
    });
  }

  describe("with a plan of its own", () => {
    const at = temporary();

    it("refuses a plan that is refused, with every reason and its line", () => {
      const text = readFileSync(PLAN, "utf8").replace("engine: postgresql", "engine: postgres");
      writeFileSync(at("plan.yaml"), text);
      const line = text.split("\n").findIndex((line) => line.includes("engine: postgres")) + 1;
      return assert.rejects(read("prod", { activation: "active", plan: at("plan.yaml") }), ({ message }: Error) => {
        const [first, second] = message.split("\n");
        assert.equal(first, `${at("plan.yaml")} is refused`);
        assert.ok(second?.startsWith(`${at("plan.yaml")}:${line}: data.postgres.engine: `), second);
        return true;
      });
    });

    it("refuses a folder in place of a plan", () =>
      assert.rejects(read("prod", { activation: "active", plan: at() }), { code: "EISDIR" }));
  });
});
