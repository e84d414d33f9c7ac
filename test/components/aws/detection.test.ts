import assert from "node:assert/strict";
import { detectionOf } from "../../../components/aws/detection";

describe("how Route 53 notices a loss", () => {
  for (const [detectAfter, rtoSeconds, ttlSeconds, requestInterval, failureThreshold] of [
    [30, undefined, 30, 10, 3],
    [30, 3600, 30, 10, 3],
    [10, 3600, 30, 10, 1],
    [89, 3600, 30, 10, 8],
    [90, 3600, 30, 30, 3],
    [3600, 14_400, 30, 30, 10],
    [120, 60, 30, 10, 3],
  ] as const)
    it(`after ${detectAfter} s, RTO ${rtoSeconds} s, TTL ${ttlSeconds} s: ${failureThreshold} failures, ${requestInterval} s apart`, () =>
      assert.deepEqual(detectionOf(detectAfter, { rtoSeconds, ttlSeconds }), { requestInterval, failureThreshold }));

  it("is too late for it where not 10 s are left", () =>
    assert.equal(detectionOf(30, { rtoSeconds: 39, ttlSeconds: 30 }), undefined));
});
