// Mocha's spec reporter; what came of each test, in a file for scripts/test.
"use strict";
const fs = require("node:fs");
const { default: Mocha } = require("mocha");

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const results = [];
    for (const outcome of ["pass", "fail", "pending"])
      runner.on(outcome, (test) => results.push({ outcome, file: test.file, title: test.fullTitle() }));
    runner.once("end", () => {
      const file = process.env.DR_TEST_COUNTS;
      if (file) fs.writeFileSync(file, JSON.stringify(results));
    });
  }
};
