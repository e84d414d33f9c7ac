import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parsePlan } from "../../plan";
import { entryService } from "../../plan/entry";

describe("the service that users meet first", () => {
  for (const [file, service] of [
    ["plans/cotai.yaml", "frontend"],
    ["plans/aigentable.yaml", "api"],
  ] as const)
    it(`is ${service} in ${file}: no other waits for it`, () =>
      assert.equal(entryService(parsePlan(readFileSync(file, "utf8"), file)), service));

  it("is none where nothing runs", () => assert.equal(entryService({ services: {} }), undefined));
});
