import { readRuns } from "../../evidence/runs";
import type { Json } from "../../evidence/record";
import { databasesOf, stackConfig, type Project } from "../project";
import { asTyped, pulumi, type PulumiCommand } from "../pulumi";
import { AUTOMATIC, failover } from "../recovery/failover";
import { IS_LOST, SEEMS_LOST } from "../recovery/steps";
import { readStatus } from "../status";
import { unbroken, type Decision, type Known, type Look, type Rules } from "./decide";

/** Who acts, as evidence names it. */
const WATCH = "pulumi-dr watch";

/** What evidence and the stacks' values say of earlier failovers and of those that are under way. Read anew each time. */
export function readKnown(project: Project, to: string, limitSeconds: number): Omit<Known, "loss"> {
  const seconds = (at: string) => (Date.now() - Date.parse(at)) / 1000;
  const runs = readRuns(project);
  const last = runs.findLast(({ command }) => command === AUTOMATIC);
  const lastAt = (last?.begun ?? last?.ended)?.record.at;
  const newest = runs.at(-1);
  const begun = newest?.result === "interrupted" ? newest.begun?.record : undefined;
  const said = stackConfig(project.folder, to)[IS_LOST];
  const underWay = said
    ? `Pulumi.${to}.yaml says ${IS_LOST}: a person began to fail over`
    : begun && seconds(begun.at) < limitSeconds
      ? `\`pulumi-dr ${begun.command}\` was begun at ${begun.at} and has not ended`
      : undefined;
  return { ...(lastAt === undefined ? {} : { sinceAutomatic: seconds(lastAt) }), ...(underWay ? { underWay } : {}) };
}

/**
 * Fails over as `pulumi-dr failover --lost <site> --yes` does, by the same code, except that a fence must be proven and no
 * word stands for it. What was seen goes into the evidence. Throws if it did not come to its end.
 */
export async function failOver(
  project: Project,
  looks: readonly Look[],
  { why, seconds }: Extract<Decision, { state: "lost" }>,
  rules: Rules,
  options: { readonly json: boolean },
): Promise<void> {
  const { sight } = looks.at(-1)!;
  const { site, live } = sight;
  const to = project.sites.find((other) => other !== site)!;
  const now = await readStatus(project);
  if (now.live?.site !== live?.site || now.live?.epoch !== live?.epoch)
    throw new Error(
      `the authority record has changed meanwhile (${now.live ? `${now.live.site}, epoch ${now.live.epoch}` : "none"}); nothing was done`,
    );
  const answering = now.databases.find((one) => one.site === site && one.role !== "unreachable");
  if (answering)
    throw new Error(`${site}'s ${answering.database} answers again, as a ${answering.role}; nothing was done`);

  await failover({
    ...{ lost: site, to, yes: true, json: options.json },
    unattended: {
      by: WATCH,
      foundAt: new Date(),
      why: `no sign of life of ${site} for ${Math.round(seconds)} s: ${why}`,
      saw: { rules, looks: unbroken(looks, rules.longestGap).slice(-MOST_LOOKS) } as unknown as Json,
      onFailure: takeBack,
    },
  });
}

/** Enough to see what decided; a watch that was held for days has seen many more. */
const MOST_LOOKS = 20;

/**
 * A failover that came to nothing leaves no word behind by which the next `up` of the stack, whoever runs it, would go on
 * with what no person has said. It changes the stack's values and nothing else: someone else may be at work on the stack.
 */
async function takeBack(project: Project, to: string): Promise<string> {
  const { databases } = await readStatus(project);
  const own = databases.filter(({ site }) => site === to);
  const still = own.length === databasesOf(project.plan).length && own.every(({ role }) => role === "standby");
  if (!still)
    return `${to} is not wholly on standby any more. Nothing more is done by itself; see npx pulumi-dr status, then go on by hand`;
  const back: readonly PulumiCommand[] = [
    { verb: "config", stack: to, args: ["rm", SEEMS_LOST] },
    { verb: "config", stack: to, args: ["set", "dr:activation", "standby"] },
  ];
  try {
    for (const command of back) await pulumi(project.folder, command);
    return `Nothing was promoted, and Pulumi.${to}.yaml says standby as before. Once nobody works on it, npx pulumi up --stack ${to} puts back what was begun`;
  } catch (error) {
    return `Nothing was promoted. What ${to}'s stack was told could not be taken back (${(error as Error).message}); do it by hand: ${back.map(asTyped).join(" && ")}`;
  }
}
