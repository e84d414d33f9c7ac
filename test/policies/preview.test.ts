import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { skip } from "../helpers/skip";
import { temporary } from "../helpers/temporary";

const project = path.join(__dirname, "../..");
const folderOf = temporary();

/** A project that only declares: components that bear a cloud's token need no plugin of the cloud. */
const PROGRAM = `
const { ComponentResource } = require("@pulumi/pulumi");
class Declared extends ComponentResource {}
new Declared("aws:rds/instance:Instance", "orders", {}, { protect: true });
new Declared("aws:backup/vault:Vault", "vault");
`;

/** What \`pulumi preview --policy-pack\` says of it. */
function preview(config: object): { readonly code: number | null; readonly output: string } {
  const folder = folderOf("shop");
  mkdirSync(path.join(folder, "state"), { recursive: true });
  symlinkSync(path.join(project, "node_modules"), path.join(folder, "node_modules"));
  const backend = `backend: { url: "file://${folder}/state" }`;
  const runtime = "runtime: { name: nodejs, options: { typescript: false } }";
  writeFileSync(path.join(folder, "Pulumi.yaml"), ["name: shop", runtime, "main: index.js", backend, ""].join("\n"));
  writeFileSync(path.join(folder, "package.json"), '{ "name": "shop", "version": "0.0.0" }');
  writeFileSync(path.join(folder, "index.js"), PROGRAM);
  writeFileSync(path.join(folder, "policies.json"), JSON.stringify(config));
  const pulumi = (...args: string[]) => {
    const { PULUMI_BACKEND_URL: _backend, ...env } = process.env;
    const command = [path.join(project, "bin/pulumi"), ...args, "--non-interactive"];
    const done = spawnSync(process.execPath, command, { cwd: folder, env, encoding: "utf8" });
    return { code: done.status, output: done.stdout + done.stderr };
  };
  const made = pulumi("stack", "init", "prod");
  assert.equal(made.code, 0, made.output);
  const pack = ["--policy-pack", path.join(project, "policies"), "--policy-pack-config", "policies.json"];
  return pulumi("preview", "--stack", "prod", ...pack);
}

describe("pulumi preview --policy-pack policies", function () {
  this.timeout(240_000);

  it("stops a stack that breaks a rule, says which and the way out, and takes the project's own settings", function () {
    const { code, output } = preview({ encryption: { exempt: ["orders"] }, tags: "disabled" });
    if (/pulumi: (?:command )?not found|fetch failed/.test(output)) skip(this, "the Pulumi CLI is not here");
    assert.notEqual(code, 0, output);
    assert.match(output, /\[mandatory\] +protection +\(aws:backup:Vault: vault\)/);
    assert.match(output, /vault must be protected, because it holds data; got protect: false/);
    assert.doesNotMatch(output, /orders must be protected/, "the option arrives");
    assert.match(output, /vault must be encrypted by a key of yours/);
    assert.doesNotMatch(output, /orders must be encrypted/, "exempt");
    assert.doesNotMatch(output, /must have the tags/, "disabled");
  });
});
