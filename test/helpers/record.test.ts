import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { record, UNKNOWN } from "./record";

class Anything extends pulumi.CustomResource {
  declare readonly port: pulumi.Output<number>;
  constructor(type: string, name: string, inputs: pulumi.Inputs = {}, opts?: pulumi.CustomResourceOptions) {
    super(type, name, { port: undefined, ...inputs }, opts);
  }
}

// What the tests of components and stacks rest on.
describe("record", () => {
  it("refuses a resource that has no fake", () =>
    assert.rejects(
      record(() => new Anything("aws:s3:Bucket", "b")),
      { message: "no fake for aws:s3:Bucket" },
    ));

  it("refuses every lookup, and tells of it", () =>
    assert.rejects(
      record(() => pulumi.runtime.invoke("aws:index:getRegion", {}).catch(() => {})),
      { message: "no fake for aws:index:getRegion" },
    ));

  it("refuses to read another stack", () =>
    assert.rejects(
      record(() => new pulumi.StackReference("organization/dr/prod")),
      { message: "no fake for pulumi:pulumi:StackReference" },
    ));

  it("sees options, and what comes first by word or by use", async () => {
    const { resources } = await record(() => {
      const first = new Anything("dr:local:NameServer", "first", {}, { protect: true, retainOnDelete: true });
      const second = new Anything("dr:local:BucketFolder", "second", { uses: first.port });
      return new Anything("dr:local:BucketFolder", "third", {}, { dependsOn: [second] });
    });
    assert.deepEqual(
      resources.map(({ name, guarded, retained, dependsOn, inputs }) => ({
        name,
        guarded,
        retained,
        dependsOn,
        inputs,
      })),
      [
        { name: "first", guarded: true, retained: true, dependsOn: [], inputs: {} },
        {
          ...{ name: "second", guarded: false, retained: false, inputs: { uses: 15053 } },
          dependsOn: ["dr:local:NameServer first"],
        },
        {
          ...{ name: "third", guarded: false, retained: false, inputs: {} },
          dependsOn: ["dr:local:BucketFolder second"],
        },
      ],
    );
  });

  it("knows nothing in a preview that only a made resource can tell", async () => {
    const program = () => {
      const { port } = new Anything("dr:local:NameServer", "first");
      new Anything("dr:local:BucketFolder", "second", { port });
    };
    assert.deepEqual((await record(program, { preview: true })).resources[1]?.inputs, { port: UNKNOWN });
    assert.deepEqual((await record(program)).resources[1]?.inputs, { port: 15053 });
  });

  it("hears what a person is told", async () => {
    const { told } = await record(() => void pulumi.log.warn("one copy only"));
    assert.deepEqual(told, ["warning: one copy only"]);
  });
});
