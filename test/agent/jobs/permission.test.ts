import assert from "node:assert/strict";
import { refusalToWrite } from "../../../agent/jobs/permission";

const at = (site: string, epoch: number) => ({ site, epoch });

describe("agent/jobs/permission", () => {
  for (const [what, record, own] of [
    ["nobody was ever named", undefined, at("prod", 1)],
    ["it is live with its epoch", at("prod", 3), at("prod", 3)],
    ["it was promoted, and the record has not been turned yet", at("dr", 1), at("prod", 2)],
    ["it has no database, and is named", at("prod", 3), undefined],
  ] as const)
    it(`lets a site write when ${what}`, () => assert.equal(refusalToWrite("prod", record, own), undefined));

  for (const [what, record, own, words] of [
    ["another is live", at("dr", 2), at("prod", 1), /dr is live \(epoch 2\)/],
    ["another is live with the same epoch", at("dr", 2), at("prod", 2), /dr is live/],
    ["its database was promoted elsewhere", at("prod", 1), at("dr", 2), /dr is its writer \(epoch 2\)/],
    ["it holds an older epoch than its own record", at("prod", 3), at("prod", 1), /epoch 3, .* older 1/],
    ["it has no database, and another is named", at("dr", 2), undefined, /dr is live/],
  ] as const)
    it(`stops a site when ${what}`, () => assert.match(refusalToWrite("prod", record, own) ?? "it may", words));
});
