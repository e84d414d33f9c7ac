import { previewsFor } from "../helpers/vendor";

describe("AIgentable's plan in an account of AWS", function () {
  this.timeout(600_000);

  previewsFor({
    ...{ plugin: "aws", sdk: "@pulumi/aws", word: "DR_LIVE_AWS", account: /^\d{12}$/ },
    ...{ plan: "aigentable", placeholder: /123456789012/g, secrets: ["databasePassword"] },
  });
});
