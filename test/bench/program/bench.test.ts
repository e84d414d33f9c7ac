import assert from "node:assert/strict";
import { judgeSite, renderArms } from "../../../bench/program/bench";
import { construct, resourceClass } from "../../../bench/program/classes";
import { BucketFolder } from "../../../provider/sdk";
import { record } from "../../helpers/record";

const arm = (name: string, seconds: number, mib: number) => ({
  ...{ name, best: seconds, median: seconds, worst: seconds, repeats: 1, peak: mib * 1024 * 1024, resources: 3 },
});

describe("bench/program", () => {
  it("holds components to what the same resources take without them, in time and memory", () => {
    const arms = [arm("components", 2.2, 240), arm("flat", 2, 200), arm("empty", 1, 100)];
    assert.deepEqual(judgeSite("aws", arms), [
      { name: "aws: components / flat, time", value: 2.2 / 2, goal: { atMost: 1.1 }, met: true },
      { name: "aws: components / flat, memory", value: 1.2, goal: { atMost: 1.1 }, met: false },
    ]);
  });

  it("shows seconds, memory and how much was registered", () =>
    assert.equal(
      renderArms([arm("aws: flat", 2, 200)]),
      [
        "arm        median   best     worst    peak MiB  resources",
        "aws: flat  2.000 s  2.000 s  2.000 s  200       3",
      ].join("\n"),
    ));

  it("finds the class of a resource by its token, and none of a component", () => {
    assert.equal(resourceClass("dr:local:BucketFolder"), BucketFolder);
    assert.equal(resourceClass("dr:aws:Foundation"), undefined);
  });

  it("writes a resource flat even where the fakes left out what a cloud would have said", async () => {
    const { resources } = await record(() => {
      const Attachment = resourceClass("aws:iam/rolePolicyAttachment:RolePolicyAttachment")!;
      construct(Attachment, "it", { policyArn: "arn" }, { protect: true });
    });
    assert.deepEqual(
      resources.map(({ name, inputs, guarded }) => [name, inputs, guarded]),
      [["it", { policyArn: "arn", role: "" }, true]],
    );
  });
});
