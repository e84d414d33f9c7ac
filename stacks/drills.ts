import { lastDrill, type Drill } from "../evidence/runs";
import { formatDuration, siteNames, statedFor, worstGap, type Plan } from "../plan";
import * as pulumi from "../provider/pulumi";
import type { SiteConfig } from "./config";

/**
 * Warns in preview and `up` where no drill shows that the plan's objectives can be met; it never stops either. It reads the
 * evidence beside the project and in this site's own bucket. While a site is lost it is silent: that is no time for it.
 *
 * @param folder The project's.
 */
export function warnOfDrills({ plan, platform, location, site, siteIsLost }: SiteConfig, folder: string): void {
  if (siteIsLost) return;
  const drill = lastDrill({ folder, location, plan, platform, sites: siteNames(plan) }, site);
  for (const doubt of drillDoubts(plan, drill, Date.now())) void pulumi.log.warn(doubt);
}

const SECONDS_A_DAY = 86_400;

/** What the newest drill leaves in doubt: none was measured, it missed an objective, or it is older than the plan's drills allow. */
export function drillDoubts(plan: Plan, drill: Drill | undefined, nowMs: number): readonly string[] {
  const database = Object.values(plan.data).find(({ engine }) => engine === "postgresql");
  if (!database) return []; // no drill could measure it yet
  const [rto, rpo] = (["rto", "rpo"] as const).map((which) => statedFor(plan, database.class, which));
  const again = "npx pulumi-dr drill region-loss";
  if (!drill) {
    const goal = rto ? `within rto ${formatDuration(rto.seconds)} (objectives.${rto.class})` : "in time";
    return [
      `no drill of ${plan.name} was ever measured: nobody knows whether it comes back ${goal}. Rehearse it: ${again}`,
    ];
  }
  const which = `the last measured drill of ${plan.name} (${drill.scenario}, ${drill.at.slice(0, 10)})`;
  const missed = [["rto", rto, drill.rto] as const, ["rpo", rpo, drill.rpo] as const].flatMap(
    ([name, stated, { measuredSeconds }]) =>
      stated && measuredSeconds > stated.seconds
        ? [
            `${which} missed ${name} ${formatDuration(stated.seconds)} (objectives.${stated.class}): it took ${measuredSeconds.toFixed(1)} s`,
          ]
        : [],
  );
  const ageSeconds = (nowMs - Date.parse(drill.at)) / 1000;
  const allowed = longestBetween(plan);
  const old =
    allowed !== undefined && ageSeconds > allowed
      ? [
          `${which} is ${Math.floor(ageSeconds / SECONDS_A_DAY)} days old, and the plan's drills ask for one every ${Math.ceil(allowed / SECONDS_A_DAY)} days or sooner. Rehearse it: ${again}`,
        ]
      : [];
  return [...missed, ...old];
}

/** The longest time between two rehearsals of a loss that the plan's schedules leave; undefined if it has none. */
function longestBetween({ drills }: Plan): number | undefined {
  const ofLoss = Object.values(drills).filter(({ scope }) => scope === "failover" || scope === "full");
  if (ofLoss.length === 0) return undefined;
  const { worst } = worstGap(
    ofLoss.map(({ schedule }) => schedule),
    ofLoss[0]!.timeZone,
  );
  return Number.isFinite(worst) ? worst : undefined;
}
