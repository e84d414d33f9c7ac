// What `pulumi` runs: stacks/main.ts, bundled. A recovery must not wait for a compiler to load.
module.exports = require("./scripts/launch.cjs").launch("stacks/main.ts");
