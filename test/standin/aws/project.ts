import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { commandsIn, configureStack, makeProjectFolder } from "../../helpers/project-folder";
import type { Addresses } from "./clients";
import type { StandIn } from "./kind";

const clone = path.join(__dirname, "../../..");

/** A resource as a stack's state holds it. */
export interface Kept {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly outputs: { readonly standIn: StandIn };
}

/** A project on AWS in a folder of its own: the clone's program and one of its plans, whose cloud is a stand-in. */
export interface AwsProject {
  readonly folder: string;
  /** Makes stacks; the sites' get these secrets. */
  readonly makeStacks: (stacks: readonly string[], secrets: Readonly<Record<string, string>>) => Promise<void>;
  /** `pulumi up` of a stack, which must succeed. */
  readonly up: (stack: string, ...args: string[]) => Promise<string>;
  /** What a stack has in AWS. */
  readonly state: (stack: string) => readonly Kept[];
  /** How many a stack has as `up` counts them, components and itself included. */
  readonly resources: (stack: string) => number;
  readonly stateText: (stack: string) => string;
  readonly remove: () => void;
}

/** @param change What is different from the plan as it is in `plans/`. */
export function makeAwsProject(plan: string, addresses: Addresses, change: (plan: string) => string): AwsProject {
  const folder = makeProjectFolder();
  mkdirSync(path.join(folder, "plans"));
  const read = (file: string) => readFileSync(path.join(clone, "plans", file), "utf8");
  writeFileSync(path.join(folder, "plans", `${plan}.yaml`), change(read(`${plan}.yaml`)));
  for (const stack of ["prod", "dr", "dns"]) {
    const lines = read(`${plan}/Pulumi.${stack}.yaml`).split("\n");
    configureStack(
      folder,
      stack,
      lines.filter((line) => line.startsWith("  ")).map((line) => line.trim()),
    );
  }
  // Only here: a project of a user's has the vendor's plugin.
  withPlugin(path.join(folder, "Pulumi.yaml"));

  const { start } = commandsIn(folder, {
    DR_STANDIN_AWS: JSON.stringify(addresses),
    // State is written once, at the end of an `up`, and not twice for each of 170 resources: a third of the time.
    ...{ PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" },
  });
  const must = async (...args: string[]): Promise<string> => {
    const { code, output } = await start("pulumi", args).ended;
    if (code !== 0) throw new Error(output);
    return output;
  };
  const stateText = (stack: string) =>
    readFileSync(path.join(folder, `.dr/state/.pulumi/stacks/dr/${stack}.json`), "utf8");
  const all = (stack: string) =>
    (JSON.parse(stateText(stack)) as { checkpoint: { latest: { resources: Kept[] } } }).checkpoint.latest.resources;
  const isOfAws = ({ type }: Kept) => type.startsWith("aws:");
  return {
    ...{ folder, stateText },
    async makeStacks(stacks, secrets) {
      await Promise.all(stacks.map((stack) => must("stack", "init", stack)));
      const sites = stacks.filter((stack) => stack !== "dns");
      for (const [key, value] of Object.entries(secrets))
        await Promise.all(sites.map((stack) => must("config", "set", "--secret", key, value, "--stack", stack)));
    },
    up: (stack, ...args) => must("up", "--stack", stack, "--yes", "--skip-preview", ...args),
    state: (stack) => all(stack).filter(isOfAws),
    resources: (stack) => all(stack).filter(({ type }) => !type.startsWith("pulumi:providers:")).length,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  };
}

/** Names the stand-in as the plugin of `aws`. */
function withPlugin(file: string): void {
  const yaml = readFileSync(file, "utf8");
  const named = yaml.replace(/^ {2}providers:\n/m, `$&    - name: aws\n      path: ${__dirname}\n`);
  if (named === yaml) throw new Error(`${file} names no plugins`);
  writeFileSync(file, named);
}
