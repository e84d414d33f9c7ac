import assert from "node:assert/strict";
import { promotion, type PromotionInputs } from "../../../provider/resources/promotion";

const inputs: PromotionInputs = {
  ...{ site: "dr", address: "127.0.11.1", port: 1, keysFolder: "/keys" },
  authority: { name: "app.shop.test", address: "127.0.0.1", portRegistry: "/ports.json", portName: "dns" },
};

// What needs no server. What does is in test/live.
describe("provider/resources/promotion", () => {
  it("checks nothing while the server is not known, not there, or promoted before", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    assert.deepEqual(await promotion.check!({ ...inputs, port: unknown as never }, undefined), {});
    assert.deepEqual(await promotion.check!({ ...inputs, address: unknown }, undefined), {});
    assert.deepEqual(await promotion.check!({ ...inputs, keysFolder: "/dev/null/keys" }, undefined), {});
    assert.deepEqual(await promotion.check!(inputs, { ...inputs, epoch: 1, timeline: 1, systemIdentifier: "7" }), {});
  });
});
