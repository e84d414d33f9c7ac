import { previewsFor } from "../helpers/vendor";

describe("DOT-Copilot's plan in a subscription of Azure", function () {
  this.timeout(600_000);

  previewsFor({
    ...{ plugin: "azure-native", sdk: "@pulumi/azure-native", word: "DR_LIVE_AZURE" },
    ...{ account: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, plan: "dot-copilot" },
    placeholder: /00000000-0000-0000-0000-00000000000[12]/g,
    env: (subscription) => ({ ARM_SUBSCRIPTION_ID: subscription }),
  });
});
