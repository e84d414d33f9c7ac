import { confirmByTyping } from "../confirm";
import { recorded } from "../evidence/recorded";
import { databasesOf, DNS_STACK, readProject, UsageError } from "../project";
import { startProgress } from "../progress";
import { asTyped } from "../pulumi";
import { startFresh } from "./fresh";
import { lostSite } from "../recovery/steps";
import { stepsAsTyped } from "../recovery/take";
import { regionLoss } from "./region-loss";
import type { Measured } from "./measure";
import { objectiveLines, renderTable, type ObjectiveLine } from "./table";

export interface DrillOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly fresh?: boolean;
  readonly data?: string;
  readonly writes?: string;
}

/** `pulumi-dr drill region-loss`: exits 0 only if the plan's objectives were met. */
export async function drillRegionLoss(options: DrillOptions): Promise<void> {
  const numbers = {
    dataMiB: number("--data", options.data ?? "64", 100_000),
    writeSeconds: number("--writes", options.writes ?? "3", 3_600),
  };
  const project = readProject();
  const { plan, platform, sites } = project;
  if (platform !== "local")
    throw new UsageError(
      `the drill destroys the live site, and does so on local only; got platform ${platform}. Set dr:platform local`,
    );
  const [live, next] = sites as [string, string];
  const consequence = `This kills every process of ${plan.name}'s site ${live} on this machine and deletes its folder.`;
  if (!options.yes) await confirmByTyping(live, consequence);

  const progress = startProgress(options.json ? process.stderr : process.stdout);
  progress.say(`${plan.name} on ${platform}: the loss of ${live}, recovered at ${next}\n`);
  const what = {
    ...{ command: "drill region-loss", asked: { fresh: options.fresh, data: options.data, writes: options.writes } },
    confirmed: { word: options.yes ? "--yes" : live, shown: consequence },
    outcome: ({ lines, passed, measured: { writes } }: Measurement) => ({
      result: passed ? ("ok" as const) : ("missed" as const),
      measured: { ...objectivesOf(lines), writes },
    }),
  };
  const { value, head } = await recorded({ project, progress }, what, async (): Promise<Measurement> => {
    if (options.fresh) await startFresh(project, progress);
    const measured = await regionLoss(project, progress, numbers);
    const [database] = databasesOf(plan);
    const lines = objectiveLines(plan, database!.class, measured);
    return { measured, lines, passed: lines.every(({ met }) => met) };
  });
  const { measured, lines, passed } = value;
  progress.say(`\n${renderTable(plan, lines, measured)}\n`);
  progress.say(
    passed ? `PASSED: ${plan.name}'s objectives were met.` : `FAILED: an objective of ${plan.name} was missed.`,
  );
  progress.say(
    `\nBy hand, the same recovery is:\n${[...stepsAsTyped(lostSite(live, next), []), "npx pulumi-dr status"].map((line) => `  ${line}`).join("\n")}`,
  );
  progress.say(`\nThe sites go on running. \`git diff Pulumi.*.yaml\` shows the failover. To destroy them:`);
  progress.say([DNS_STACK, ...sites].map((stack) => `  ${asTyped({ verb: "destroy", stack })}`).join("\n"));

  if (options.json) {
    const { writes } = measured;
    const { steps } = progress;
    process.stdout.write(
      `${JSON.stringify({ plan: plan.name, platform, scenario: "region-loss", passed, ...objectivesOf(lines), writes, steps, evidence: head })}\n`,
    );
  }
  if (!passed) process.exitCode = 1;
}

interface Measurement {
  readonly measured: Measured;
  readonly lines: readonly ObjectiveLine[];
  readonly passed: boolean;
}

/** The lines as JSON and evidence say them. */
function objectivesOf(lines: readonly ObjectiveLine[]) {
  const [rto, rpo] = lines.map(({ targetSeconds, measuredSeconds }) => ({
    targetSeconds: targetSeconds ?? null,
    measuredSeconds,
  }));
  return { rto: rto!, rpo: rpo! };
}

function number(option: string, text: string, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0 && value <= most) return value;
  throw new UsageError(`${option} must be a number from 0 to ${most}; got ${text}`);
}
