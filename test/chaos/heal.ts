import { stackConfig } from "../../cli/project";
import { otherThan, SITES, type Site } from "./plan";
import { lost, pause, type Record_, type Stage } from "./stage";

/** What an operator sees: `pulumi-dr status --json`, the stacks' values, the locks that are left. */
export interface Sight {
  readonly ok: boolean;
  readonly live: Record_ | null;
  readonly databases: readonly { readonly site: Site; readonly role: string; readonly epoch?: number }[];
  readonly problems: readonly string[];
  readonly activation: Readonly<Record<Site, string>>;
  /** Whether a site's stack says that the other one is lost. */
  readonly saysLost: Readonly<Record<Site, boolean>>;
  readonly locked: readonly string[];
}

export type Command = readonly ["pulumi" | "pulumi-dr", ...string[]];

/**
 * What the documentation says to do about what is seen; undefined: nothing. Where it knows more than one way, `tried` says
 * how often there was nothing better.
 */
export function nextCommand(sight: Sight, tried: number): Command | undefined {
  const { ok, live, databases, activation, saysLost, locked } = sight;
  if (locked[0] !== undefined) return ["pulumi", "cancel", "--stack", locked[0], "--yes"];
  if (!live) return ["pulumi", "up", "--stack", "dns", "--yes", "--skip-preview"];
  const other = otherThan(live.site);
  const of = (site: Site) => databases.find((one) => one.site === site);
  const [here, there] = [of(live.site), of(other)];
  const failback: Command = ["pulumi-dr", "failback", "--yes", "--json"];

  if (here?.role === "primary") {
    // A switch that was cut off before its first step had begun has told the stack already.
    if (activation[live.site] !== "active") return set(live.site, "active");
    if (ok && !saysLost[live.site]) return activation[other] === "standby" ? undefined : set(other, "standby");
    return failback;
  }
  if (there?.role === "primary" && (there.epoch ?? 0) > live.epoch)
    return ["pulumi", "up", "--stack", "dns", "--yes", "--skip-preview", "--config", `dr:liveSite=${other}`];

  // No site takes writes, or none that may: go on with what was begun, or have the live one go on, or give it up.
  const goOn: Command = ["pulumi-dr", "failover", "--yes", "--json"];
  const again: Command = up(live.site, "--config", "dr:activation=active");
  const giveUp: Command = ["pulumi-dr", "failover", "--lost", live.site, "--yes", "--json"];
  const wasSaidLost = saysLost[other];
  const ways = wasSaidLost
    ? [giveUp, again]
    : activation[live.site] === "standby"
      ? [goOn, again, giveUp]
      : [again, giveUp];
  return ways[tried % ways.length];
}

const up = (stack: string, ...args: string[]): Command => [
  ...(["pulumi", "up", "--stack", stack, "--yes", "--skip-preview"] as const),
  ...args,
];
const set = (stack: string, activation: string): Command => [
  ...(["pulumi", "config", "set", "dr:activation", activation, "--stack", stack] as const),
];

const MOST = 12;
/** Replication needs a moment to show. */
const SETTLES_MS = 6_000;

/** Does what the documentation says until the state is green. False, and said, if that does not come. */
export async function heal(stage: Stage): Promise<readonly string[]> {
  const done: string[] = [];
  let tried = 0;
  for (let round = 0; round < MOST; round++) {
    const sight = await settled(stage);
    const command = nextCommand(sight, tried);
    if (!command) return done;
    const [program, ...args] = command;
    const givesUp = args[args.indexOf("--lost") + 1];
    const said = args.includes("--lost")
      ? await lost(stage, givesUp as Site)
      : await stage.operator.run(program, ...args);
    done.push(`${said.typed}: ${said.code === 0 ? "ok" : "refused"}`);
    tried = said.code === 0 ? 0 : tried + 1;
  }
  const { problems } = await look(stage);
  stage.journal.violate("not healed", `${problems.join("; ")} after ${done.length} commands\n  ${done.join("\n  ")}`);
  return done;
}

async function settled(stage: Stage): Promise<Sight> {
  for (const end = Date.now() + SETTLES_MS; ; await pause(300)) {
    const sight = await look(stage);
    const waits =
      sight.live && sight.problems.length > 0 && sight.problems.every((one) => one.includes("one copy only"));
    if (!waits || sight.saysLost[sight.live.site] || Date.now() > end) return sight;
  }
}

async function look({ operator, system }: Stage): Promise<Sight> {
  const said = await operator.run("pulumi-dr", "status", "--json");
  const values = (site: Site) => stackConfig(system.workspace.folder, site);
  const each = <T>(of: (site: Site) => T) =>
    Object.fromEntries(SITES.map((site) => [site, of(site)])) as Record<Site, T>;
  return {
    ...(JSON.parse(said.stdout) as Pick<Sight, "ok" | "live" | "databases" | "problems">),
    activation: each((site) => String(values(site)["dr:activation"])),
    saysLost: each((site) => "dr:siteIsLost" in values(site)),
    locked: operator.locked(),
  };
}
