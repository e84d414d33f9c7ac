import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { removeDrafts } from "../../../agent/repository/drafts";
import { temporary } from "../../helpers/temporary";

const HOUR_MS = 3_600_000;

describe("agent/repository/drafts", () => {
  const at = temporary();
  const name = "ab".repeat(32);
  const found = () => readdirSync(at("data/ab"));
  beforeEach(() => {
    mkdirSync(at("data/ab"), { recursive: true });
    for (const file of [name, `${name}-tmp-2736164824`]) writeFileSync(at("data/ab", file), "");
  });

  it("removes what a killed restic had begun to write, and nothing that it has named", () => {
    removeDrafts(at(), new Date(Date.now() + 25 * HOUR_MS));
    assert.deepEqual(found(), [name]);
  });

  it("leaves a draft for a day: it may be another's at work", () => {
    removeDrafts(at(), new Date(Date.now() + 23 * HOUR_MS));
    assert.equal(found().length, 2);
  });

  it("does nothing where there is no folder to look into", () => {
    assert.doesNotThrow(() => removeDrafts("s3:http://127.0.0.1:9/bucket", new Date()));
  });
});
