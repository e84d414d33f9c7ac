import assert from "node:assert/strict";
import { zonesOf } from "../../../components/aws/zones";

describe("zones of a region", () => {
  for (const [region, zones] of [
    ["eu-central-1", ["euc1-az1", "euc1-az2", "euc1-az3"]],
    ["us-east-1", ["use1-az1", "use1-az2", "use1-az4"]],
    ["us-west-1", ["usw1-az1", "usw1-az3"]],
    ["us-gov-west-1", ["usgw1-az1", "usgw1-az2", "usgw1-az3"]],
    ["ap-southeast-2", ["apse2-az1", "apse2-az2", "apse2-az3"]],
    ["cn-northwest-1", ["cnnw1-az1", "cnnw1-az2", "cnnw1-az3"]],
  ] as const)
    it(`are known by ids: ${region}`, () => assert.deepEqual(zonesOf(region), zones));

  for (const region of ["westus2", "eu-central", "mars-up-1"])
    it(`are refused for ${region}`, () =>
      assert.throws(() => zonesOf(region), {
        message: `region must be one of AWS, such as eu-central-1; got ${region}`,
      }));
});
