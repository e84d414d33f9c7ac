import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import { skip } from "./skip";

const project = path.join(__dirname, "../..");

/** An example plan on a cloud, and what stands between it and a real one. */
export interface Vendor {
  /** As in `resource-aws`. */
  readonly plugin: string;
  /** Whose version the plugin has: `@pulumi/aws`. */
  readonly sdk: string;
  /** The variable that names the account, and what its value looks like. */
  readonly word: string;
  readonly account: RegExp;
  /** Of `plans/<plan>.yaml` and `plans/<plan>/`. */
  readonly plan: string;
  /** What in those files stands for somebody's account. */
  readonly placeholder: RegExp;
  readonly env?: (account: string) => NodeJS.ProcessEnv;
  /** Secrets that a site's stack must have, without `dr:`.  @default [] */
  readonly secrets?: readonly string[];
}

/** The account that the environment names. The test is left out where there is none, or no plugin: CI has neither. */
export function accountOf(context: Mocha.Context, { plugin, sdk, word, account }: Vendor): string {
  const file = path.join(project, "node_modules", sdk, "package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  const home = process.env.PULUMI_HOME || path.join(homedir(), ".pulumi");
  if (!existsSync(path.join(home, "plugins", `resource-${plugin}-v${version}`)))
    skip(context, `no plugin of the vendor's (pulumi plugin install resource ${plugin} ${version})`, "in CI too");
  const named = process.env[word];
  if (!named) skip(context, `no account (${word}=<its id>, and who you are there)`, "in CI too");
  if (!account.test(named)) throw new Error(`${word} must be an account's id; got ${named}`);
  return named;
}

/** A project of its own with the plan's files, their placeholders filled in; its stacks are there, and empty. */
export function makeVendorProject(vendor: Vendor, account: string) {
  const folder = mkdtempSync(path.join(tmpdir(), "dr-vendor-"));
  for (const name of ["program.cjs", "package.json", "node_modules", "scripts", "provider", "bin", "policies"])
    symlinkSync(path.join(project, name), path.join(folder, name));
  cpSync(path.join(project, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
  mkdirSync(path.join(folder, "plans"));
  mkdirSync(path.join(folder, ".dr/state"), { recursive: true });
  const copy = (from: string, to: string) =>
    writeFileSync(
      path.join(folder, to),
      readFileSync(path.join(project, "plans", from), "utf8").replace(vendor.placeholder, account),
    );
  copy(`${vendor.plan}.yaml`, `plans/${vendor.plan}.yaml`);
  for (const stack of ["prod", "dr", "dns"]) copy(`${vendor.plan}/Pulumi.${stack}.yaml`, `Pulumi.${stack}.yaml`);

  const { PULUMI_BACKEND_URL: _backend, ...env } = process.env;
  const pulumi = (...args: string[]) => {
    const done = spawnSync(process.execPath, [path.join(project, "bin/pulumi"), ...args, "--non-interactive"], {
      ...{ cwd: folder, encoding: "utf8" },
      // No plugin is fetched in passing: the one that was looked for is the one that is used.
      env: { ...env, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true", ...vendor.env?.(account) },
    });
    return { code: done.status, output: done.stdout + done.stderr };
  };
  const must = (...args: string[]) => {
    const { code, output } = pulumi(...args);
    if (code !== 0) throw new Error(output);
  };
  for (const stack of ["prod", "dr", "dns"]) must("stack", "init", stack);
  for (const stack of ["prod", "dr"])
    for (const secret of vendor.secrets ?? [])
      must("config", "set", "--secret", `dr:${secret}`, "only-for-a-preview-0", "--stack", stack);
  const pack = existsSync(path.join(project, "node_modules/@pulumi/policy")) ? ["--policy-pack", "policies"] : [];
  return {
    /** `pulumi preview`, judged by the policy pack where it can run. Nothing else is asked of the account, and nothing is made. */
    preview: (stack: string) => pulumi("preview", "--stack", stack, ...pack),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A test for each stack of the plan: its preview succeeds, by the vendor's plugin and in somebody's account. */
export function previewsFor(vendor: Vendor): void {
  let at: ReturnType<typeof makeVendorProject> | undefined;
  before(function () {
    at = makeVendorProject(vendor, accountOf(this, vendor));
  });
  after(() => at?.remove());

  for (const stack of ["prod", "dr", "dns"])
    it(`previews ${stack} of plans/${vendor.plan}.yaml`, () => {
      const { code, output } = at!.preview(stack);
      if (code !== 0) throw new Error(output);
    });
}
