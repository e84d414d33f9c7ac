import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { defaultRoot } from "../components/local/place";
import { parsePlan, siteNames, type Plan } from "../plan";

/** The Pulumi project that a command works on, as its files say. */
export interface Project {
  readonly folder: string;
  readonly plan: Plan;
  readonly platform: string;
  /** Root folder of the local sites. */
  readonly location: string;
  /** Stacks of the sites in order of failover; each has its site's name. */
  readonly sites: readonly string[];
}

export const DNS_STACK = "dns";

/** A mistake of the caller's: printed as it is, with exit code 2. */
export class UsageError extends Error {}

/** Reads the project of a folder: `Pulumi.yaml`, the stacks' values and their plan. */
export function readProject(folder = process.cwd()): Project {
  if (!existsSync(path.join(folder, "Pulumi.yaml"))) {
    throw new UsageError(`there is no Pulumi.yaml in ${folder}; run this in the project's folder`);
  }
  const dns = stackConfig(folder, DNS_STACK);
  const value = (key: string) => (typeof dns[key] === "string" && dns[key] !== "" ? dns[key] : undefined);
  const file = value("dr:plan") ?? "plans/cotai.yaml";
  const plan = parsePlan(readFileSync(path.join(folder, file), "utf8"), file);
  const sites = siteNames(plan);
  const root = value("dr:root");
  return {
    ...{ folder, plan, sites },
    platform: value("dr:platform") ?? plan.sites[sites[0]!]!.platform,
    location: path.resolve(folder, root ?? defaultRoot(folder)),
  };
}

/** The project of the current folder; undefined if it is none. */
export function projectHere(): Project | undefined {
  try {
    return readProject();
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** Values of `Pulumi.<stack>.yaml`. */
export function stackConfig(folder: string, stack: string): Record<string, unknown> {
  const file = path.join(folder, `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) throw new UsageError(`there is no Pulumi.${stack}.yaml in ${folder}`);
  return (parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> } | null)?.config ?? {};
}

/** Names of the databases that can be recovered here. */
export const databasesOf = (plan: Plan) =>
  Object.entries(plan.data).flatMap(([name, entry]) => (entry.engine === "postgresql" ? [{ name, ...entry }] : []));
