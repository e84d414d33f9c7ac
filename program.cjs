"use strict";
// What `pulumi` runs: stacks/main.ts, bundled. A recovery must not wait for a compiler to load, nor for the SDK to look up
// in its own source maps where each promise was made: it keeps that for a message that nobody will see.
Error.prepareStackTrace = undefined;
module.exports = require("./scripts/launch.cjs").launch("stacks/main.ts");
