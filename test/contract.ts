import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { record, type Recorded, type Recording } from "./helpers/record";

type Make = (name: string, opts?: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;

/** What every component promises, whatever it runs on; up and in preview. Its outputs are those named. */
export function obeysContract(type: string, outputs: readonly string[], make: Make) {
  for (const preview of [false, true]) {
    it(`obeys the component contract ${preview ? "in a preview" : "when it is brought up"}`, async () => {
      const { resources, ...recorded } = await record(() => make("it", { protect: true }), { preview });
      const [self, ...children] = resources.filter((resource) => !isOfFoundation(resource));
      assert.equal(self?.type, type);
      assert.equal(self.name, "it");
      assert.equal(self.guarded, true, "options reach the component");
      assert.deepEqual(
        outputsOf(recorded).map(({ of }) => of),
        [`${type} it`],
        "outputs are registered once",
      );
      const registered = Object.keys(outputsOf(recorded)[0]!.values).sort();
      // A value that turned out to be undefined is not registered; in a preview it may still come.
      if (preview) assert.deepEqual(registered, [...outputs].sort(), "exactly these outputs");
      else assert.deepEqual(registered, [...outputs].filter((name) => registered.includes(name)).sort());
      assert.ok(children.length > 0, "it makes something");
      for (const child of children) {
        assert.equal(child.parent, `${type} it`, `${child.name} is parented to the component`);
        assert.ok(
          child.name === "it" || child.name.startsWith("it-"),
          `${child.name} starts with the component's name`,
        );
      }
      assert.deepEqual(recorded.calls, [], "it asks nothing of any provider");
    });
  }

  it("takes its parent from the caller", async () => {
    const { resources } = await record(() => make("inner", { parent: make("outer") }));
    assert.equal(resources.find(({ type: t, name }) => t === type && name === "inner")?.parent, `${type} outer`);
  });
}

// A cloud's component stands on a foundation, which the caller makes beside it.
const FOUNDATION = /^dr:\w+:Foundation /;
const isOfFoundation = ({ type, name, parent }: Recorded) =>
  [`${type} ${name}`, parent].some((whose) => FOUNDATION.test(whose) && !whose.endsWith(" it"));
const outputsOf = ({ outputs }: Pick<Recording, "outputs">) =>
  outputs.filter(({ of }) => !FOUNDATION.test(of) || of.endsWith(" it"));
