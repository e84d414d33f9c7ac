import assert from "node:assert/strict";
import { returnOfSite } from "../../../cli/recovery/steps";
import { stepsAsTyped } from "../../../cli/recovery/take";

describe("cli/recovery/steps", () => {
  it("takes back what was said of a loss at both sites: the one that returns may have taken over before", () =>
    assert.deepEqual(
      stepsAsTyped(returnOfSite("dr", "prod", { atLive: ["dr:siteIsLost"], atReturned: ["dr:siteIsLost"] }), []),
      [
        "npx pulumi config rm dr:siteIsLost --stack prod",
        "npx pulumi config rm dr:siteIsLost --stack dr",
        "npx pulumi config set dr:activation standby --stack dr",
        "npx pulumi up --stack prod",
        "npx pulumi up --stack dr",
      ],
    ));
});
