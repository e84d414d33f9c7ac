import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "../provider/pulumi";
import { defaultRoot } from "../components/local/place";
import { tokenFault } from "../provider/postgres/demotion-token";
import { isOf, parseRecoveryPoint, sourceOfBackup } from "../provider/postgres/recovery-point";
import { parsePlan, PlanError, siteNames, type Plan } from "../plan";

/** What a site's stack is told: values of `Pulumi.<stack>.yaml` and the plan that they name. */
export interface SiteConfig {
  readonly kind: "site";
  readonly plan: Plan;
  readonly platform: string;
  readonly location: string;
  readonly site: string;
  readonly activation: "active" | "standby";
  readonly siteIsLost?: string;
  /** While a site is lost: what this one is recovered from, if a person says so; ISO 8601 where it is a moment. */
  readonly recoverFrom?: string;
  /** When `pulumi-dr watch` found that site lost (`dr:siteSeemsLost`): no person's word stands for what is not proven. */
  readonly lossFoundAt?: string;
  /** Why the site is cut off after a breach, in a person's words.  @default - it is not */
  readonly quarantine?: string;
  /** Where a writer never becomes a replica again: which server of a database this is, by database and site.  @default {} */
  readonly generations?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** What a recovery by restore reads, by database, where its name cannot be known.  @default {} */
  readonly automatedBackups?: Readonly<Record<string, string>>;
  /** Ids of what is in a region that is back, by name of the resource.  @default {} */
  readonly adopt?: Readonly<Record<string, string>>;
  /** A secret.  @default - none */
  readonly databasePassword?: pulumi.Output<string>;
  /** Where each database's history ended at the site that went on standby. */
  readonly demotionTokens: Readonly<Record<string, string>>;
}

/** What the DNS stack is told. */
export interface DnsConfig {
  readonly kind: "dns";
  readonly plan: Plan;
  readonly platform: string;
  readonly location: string;
  readonly liveSite: string;
  /** The epoch that it holds, where its databases cannot be asked from here.  @default - the platform asks */
  readonly epoch?: number;
}

/** The only reader of Pulumi's config. Refuses what does not fit, naming the key, the value and the way out. */
export function readConfig(): SiteConfig | DnsConfig {
  const config = new pulumi.Config("dr");
  const plan = readPlan(config.require("plan"));
  const sites = siteNames(plan);
  const oneOf = <T extends string>(key: string, value: string, known: readonly T[]): T => {
    if ((known as readonly string[]).includes(value)) return value as T;
    throw new pulumi.RunError(`dr:${key} must be ${known.join(" or ")}; got ${value}`);
  };

  // Pulumi asks for a default of every key that it knows; an empty one is none.
  const given = (key: string) => config.get(key) || undefined;
  const liveSite = given("liveSite");
  const activation = given("activation");
  if ((liveSite === undefined) === (activation === undefined)) {
    throw new pulumi.RunError("a stack must have dr:activation (a site) or dr:liveSite (the DNS stack), and not both");
  }
  const site =
    liveSite === undefined
      ? oneOf("site", given("site") ?? pulumi.getStack(), sites)
      : oneOf("liveSite", liveSite, sites);
  const platform = given("platform") ?? plan.sites[site]!.platform;
  const location = locationOf(plan.sites[site]!, platform, given("root"));
  if (liveSite !== undefined) return { kind: "dns", plan, platform, location, liveSite, ...readEpoch(given("epoch")) };

  const quarantine = given("quarantine");
  const others = sites.filter((other) => other !== site);
  const said = given("siteIsLost");
  const [seems, foundAt] = foundLost(given("siteSeemsLost"));
  if (said !== undefined) oneOf("siteIsLost", said, others);
  if (seems !== undefined) oneOf("siteSeemsLost", seems, others);
  const lost = said ?? seems;
  return {
    ...{ kind: "site", plan, platform, location, site },
    activation: oneOf("activation", activation!, ["active", "standby"]),
    ...(lost ? { siteIsLost: lost } : {}),
    ...(!said && lost && foundAt ? { lossFoundAt: foundAt } : {}),
    ...(quarantine ? { quarantine } : {}),
    ...readRecoveryPoint(given("recoverFrom"), { plan, activation: activation!, siteIsLost: said }),
    generations: byDatabase(config, plan, "generations"),
    automatedBackups: byDatabase(config, plan, "automatedBackups"),
    adopt: config.getObject<Record<string, string>>("adopt") ?? {},
    ...(given("databasePassword") === undefined ? {} : { databasePassword: config.requireSecret("databasePassword") }),
    demotionTokens: readTokens(config, plan),
  };
}

/** A cloud's site is its region, as the plan says; any other is a folder of this machine. */
function locationOf(site: Plan["sites"][string], platform: string, root: string | undefined): string {
  if (platform !== "aws" && platform !== "azure") return path.resolve(root ?? defaultRoot(process.cwd()));
  if (site.platform === platform) return site.region;
  throw new pulumi.RunError(
    `dr:platform must be what the plan says of the site (${site.platform}), or local; got ${platform}, for which the plan names no region`,
  );
}

/** Words that were said of one loss must not be taken for words of the next. */
function readRecoveryPoint(
  text: string | undefined,
  { plan, activation, siteIsLost }: { plan: Plan; activation: string; siteIsLost: string | undefined },
): { readonly recoverFrom?: string } {
  if (text === undefined) return {};
  const way = "take it out (npx pulumi config rm dr:recoverFrom)";
  if (activation !== "active" || siteIsLost === undefined)
    throw new pulumi.RunError(
      `dr:recoverFrom must stand with dr:activation active and dr:siteIsLost: it is for the recovery of a lost site. Say which one is lost, or ${way}`,
    );
  try {
    const point = parseRecoveryPoint(text);
    const databases = databasesOf(plan);
    if (point.kind === "backup" && !databases.some((name) => isOf(sourceOfBackup(point.id)!, name)))
      throw new Error(`must be a backup of a database of the plan (${databases.join(", ")}); got ${text}`);
    return { recoverFrom: point.kind === "time" ? point.time : text };
  } catch (error) {
    throw new pulumi.RunError(`dr:recoverFrom ${(error as Error).message}`);
  }
}

const databasesOf = (plan: Plan) => Object.keys(plan.data).filter((name) => plan.data[name]!.engine === "postgresql");

/** The site that the watch found lost, and when. */
function foundLost(value: string | undefined): readonly [site?: string, at?: string] {
  if (value === undefined) return [];
  const [, site, at] = /^([^@]+)@(\d{4}-\d\d-\d\dT[\d:.]+Z)$/.exec(value) ?? [];
  if (site && at) return [site, at];
  throw new pulumi.RunError(
    `dr:siteSeemsLost must be <site>@<time>, as pulumi-dr watch sets it; got ${value}. A person says dr:siteIsLost`,
  );
}

/** A token that is malformed is refused here, before anything is asked of an engine. */
function readTokens(config: pulumi.Config, plan: Plan): Readonly<Record<string, string>> {
  const tokens = byDatabase<string>(config, plan, "demotionTokens");
  for (const [name, token] of Object.entries(tokens)) {
    const fault = tokenFault(token);
    if (fault) throw new pulumi.RunError(`dr:demotionTokens.${name} ${fault}`);
  }
  return tokens;
}

function readEpoch(text: string | undefined): { readonly epoch?: number } {
  if (text === undefined) return {};
  if (/^[1-9]\d{0,8}$/.test(text)) return { epoch: Number(text) };
  throw new pulumi.RunError(`dr:epoch must be a whole number, 1 or more: one more with each promotion; got ${text}`);
}

/** What is said of databases, each by its name in the plan. */
function byDatabase<T>(config: pulumi.Config, plan: Plan, key: string): Readonly<Record<string, T>> {
  const said = config.getObject<Record<string, T>>(key) ?? {};
  const unknown = Object.keys(said).find((name) => plan.data[name]?.engine !== "postgresql");
  if (unknown === undefined) return said;
  throw new pulumi.RunError(
    `dr:${key} must name databases of the plan (${databasesOf(plan).join(", ")}); got ${unknown}`,
  );
}

function readPlan(file: string): Plan {
  try {
    return parsePlan(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (error instanceof PlanError) throw new pulumi.RunError(`${file} is refused\n${error.message}`);
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new pulumi.RunError(`dr:plan must name a plan's file; got ${file}, which is not there`);
    throw error;
  }
}
