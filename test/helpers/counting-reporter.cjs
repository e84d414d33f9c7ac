// Mocha's spec reporter, and the counts in a file for scripts/test.
"use strict";
const fs = require("node:fs");
const { default: Mocha } = require("mocha");

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(
      "end",
      () => process.env.DR_TEST_COUNTS && fs.writeFileSync(process.env.DR_TEST_COUNTS, JSON.stringify(this.stats)),
    );
  }
};
