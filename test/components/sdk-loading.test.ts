import assert from "node:assert/strict";
import { startChild } from "../helpers/child";

// A cloud's SDK costs seconds and hundreds of megabytes: a recovery on one platform must not wait for the others.
const PROGRAM = ["./index", "./stacks/site", "./stacks/dns", "./stacks/config", "./components/local"];

/** Packages of Pulumi, apart from its core, that are loaded together with some modules. */
async function loadedWith(modules: readonly string[]): Promise<string[]> {
  const code = `for (const name of ${JSON.stringify(modules)}) require(name);
    require("./stacks/platform").platformNamed("local");
    console.log(Object.keys(require.cache).map((file) => /node_modules\\/(@pulumi\\/[^/]+)\\//.exec(file)?.[1]).filter(Boolean).join("\\n"))`;
  const { code: exit, stdout, stderr } = await startChild(code).ended;
  assert.equal(exit, 0, stderr);
  return [...new Set(stdout.trim().split("\n"))].sort();
}

describe("what a site's program loads", function () {
  this.timeout(360_000); // a process each, on a machine that others use

  it("is Pulumi's core and no SDK of a cloud", async () =>
    assert.deepEqual(await loadedWith(PROGRAM), ["@pulumi/pulumi"]));

  for (const [platform, sdk] of [
    ["aws", "@pulumi/aws"],
    ["azure", "@pulumi/azure-native"],
  ] as const) {
    it(`on ${platform} is the modules of ${sdk} that components name, never the whole, and no other cloud's`, async () => {
      const code = `require("./stacks/platform").platformNamed("${platform}");
        const files = Object.keys(require.cache).filter((file) => file.includes("/node_modules/${sdk}/"));
        const packages = Object.keys(require.cache).map((file) => /node_modules\\/(@pulumi\\/[^/]+)\\//.exec(file)?.[1]);
        console.log(files.length > 0, files.some((file) => file.endsWith("/${sdk}/index.js")),
          [...new Set(packages.filter(Boolean))].sort().join())`;
      const { stdout, stderr } = await startChild(code).ended;
      assert.equal(stdout.trim(), `true false ${[sdk, "@pulumi/pulumi"].join()}`, stderr);
    });

    it(`on ${platform} without ${sdk} it says what to install`, async () => {
      const code = `const Module = require("node:module");
        const resolve = Module._resolveFilename;
        Module._resolveFilename = (name, ...rest) => {
          if (name.startsWith("${sdk}/")) throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: "MODULE_NOT_FOUND" });
          return resolve(name, ...rest);
        };
        try { require("./stacks/platform").platformNamed("${platform}") } catch (error) { console.log(error.message) }`;
      const { stdout, stderr } = await startChild(code).ended;
      const major = platform === "aws" ? "^7.48.0" : "^3.28.0";
      const wanted = `${sdk}@${major}`;
      assert.equal(
        stdout.trim(),
        `platform ${platform} needs ${wanted}, which is not installed; npm install --save-exact ${wanted}`,
        stderr,
      );
    });
  }

  // Else the first test could not fail.
  it("would be seen to be a cloud's if a component imported one", async () =>
    assert.deepEqual(await loadedWith([...PROGRAM, "@pulumi/docker"]), ["@pulumi/docker", "@pulumi/pulumi"]));
});
