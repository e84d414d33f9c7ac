import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { placesOf, putRecords } from "../../evidence/copies";
import { FORMAT, seal, type Ended } from "../../evidence/record";
import { newestDrill, runsOf, type Drill } from "../../evidence/runs";
import { parsePlan, siteNames } from "../../plan";
import { readConfig } from "../../stacks/config";
import { drillDoubts, warnOfDrills } from "../../stacks/drills";
import { temporary } from "../helpers/temporary";
import { configured, PLAN, type Values } from "./program";

const cotai = readFileSync(PLAN, "utf8");
const plan = parsePlan(cotai, PLAN); // rto 15m, rpo 1m; a drill of scope failover or full once in a quarter, twice over
const DAY = 86_400_000;
const NOW = Date.parse("2026-11-21T12:00:00Z");
const measured = (seconds: number) => ({ targetSeconds: null, measuredSeconds: seconds });
const drill = (change: Partial<Drill> = {}): Drill => ({
  ...{
    scenario: "region-loss",
    at: new Date(NOW - 10 * DAY).toISOString(),
    passed: true,
    evidence: "",
    unmeasuredSince: 0,
  },
  ...{ rto: measured(12), rpo: measured(0.2) },
  ...change,
});

describe("stacks/drills", () => {
  const cases: [string, Drill | undefined, ...string[]][] = [
    ["a drill that met the objectives, not long ago", drill()],
    ["exactly what the objective allows", drill({ rto: measured(900), rpo: measured(60) })],
    [
      "no drill",
      undefined,
      "no drill of cotai was ever measured: nobody knows whether it comes back within rto 15m (objectives.database). Rehearse it: npx pulumi-dr drill region-loss",
    ],
    [
      "a missed rto, as the plan is now",
      drill({ rto: measured(900.5) }),
      "the last measured drill of cotai (region-loss, 2026-11-11) missed rto 15m (objectives.database): it took 900.5 s",
    ],
    [
      "a missed rpo",
      drill({ rpo: measured(61) }),
      "the last measured drill of cotai (region-loss, 2026-11-11) missed rpo 1m (objectives.database): it took 61.0 s",
    ],
    [
      "a drill older than the plan's schedule",
      drill({ at: "2026-01-21T12:00:00Z" }),
      "the last measured drill of cotai (region-loss, 2026-01-21) is 304 days old, and the plan's drills ask for one every 63 days or sooner. Rehearse it: npx pulumi-dr drill region-loss",
    ],
  ];
  for (const [title, newest, ...doubts] of cases)
    it(`${doubts.length > 0 ? "warns of" : "is content with"} ${title}`, () =>
      assert.deepEqual(drillDoubts(plan, newest, NOW), doubts));

  it("asks for no rehearsal of a loss where the plan schedules none, and none of what no drill can measure", () => {
    const { data, drills } = plan;
    const old = drill({ at: "2020-01-01T00:00:00Z" });
    assert.deepEqual(drillDoubts({ ...plan, drills: { restore: drills["restore"]! } }, old, NOW), []);
    assert.deepEqual(drillDoubts({ ...plan, data: { mongo: data["mongo"]! } }, undefined, NOW), []);
  });

  describe("in a stack's program", () => {
    const at = temporary();
    const warned = async (stack: string, values: Values) => {
      const root = { root: at("sites") };
      const warn = () => {
        const config = readConfig();
        assert.ok(config.kind === "site");
        warnOfDrills(config, at());
      };
      return (await configured(stack, { ...root, ...values }, warn, { preview: true })).told;
    };
    const put = (where: "prod" | "dr" | ".dr/evidence") => {
      const places = placesOf({ folder: at(), location: at("sites"), plan, platform: "local", sites: siteNames(plan) });
      const place = places.find(({ name }) => name === where)!;
      if (place.bucket) mkdirSync(place.bucket, { recursive: true });
      const sealed = seal<Ended>({
        ...{ format: FORMAT, phase: "ended", plan: "cotai", command: "drill region-loss", sequence: 1, previous: [] },
        ...{
          at: new Date().toISOString(),
          who: { user: "ann", host: "here" },
          of: "0".repeat(64),
          result: "ok",
          steps: [],
        },
        measured: { rto: { targetSeconds: 900, measuredSeconds: 9 }, rpo: { targetSeconds: 60, measuredSeconds: 0 } },
      });
      assert.ok(newestDrill(runsOf({ records: [sealed], heads: [sealed] })));
      putRecords(place, [sealed]);
    };

    it("warns in preview, and does not stop it", async () => {
      const [warning, ...others] = await warned("prod", { activation: "active" });
      assert.match(warning!, /^warning: no drill of cotai was ever measured/);
      assert.deepEqual(others, []);
    });

    it("reads the copy beside the project, or that in its own bucket", async () => {
      put(".dr/evidence");
      assert.deepEqual(await warned("dr", { activation: "standby" }), []);
    });

    it("needs no other site's bucket, and does not look into it", async () => {
      put("prod");
      assert.deepEqual(await warned("prod", { activation: "active" }), []);
      assert.equal((await warned("dr", { activation: "standby" })).length, 1);
    });

    it("is silent in a recovery", async () => {
      assert.deepEqual(await warned("dr", { activation: "active", siteIsLost: "prod" }), []);
      assert.deepEqual(await warned("dr", { activation: "active", siteSeemsLost: "prod@2026-11-21T12:00:00Z" }), []);
    });
  });
});
