import { confirmByTyping } from "../confirm";
import { recorded } from "../evidence/recorded";
import type { Json } from "../../evidence/record";
import { databasesOf, readProject, stackConfig, UsageError, type Project } from "../project";
import { startProgress } from "../progress";
import { readStatus, type DatabaseStatus, type Status } from "../status";
import { backupsInstead, lossOf } from "./loss";
import { readOffers } from "./restorable";
import { tellRestores } from "./restores";
import { IS_LOST, lostSite, plannedSwitch, returnOfSite, SEEMS_LOST, type RecoveryStep } from "./steps";
import { stepsAsTyped, takeSteps } from "./take";

export interface RecoveryOptions {
  readonly to?: string;
  readonly lost?: string;
  readonly recoverFrom?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  /** Nobody is asked, and nobody's word stands for a proof.  @default - a person runs this */
  readonly unattended?: Unattended;
}

/** A failover that no person began. */
export interface Unattended {
  /** Who says that the site is lost, as evidence names it; and why. */
  readonly by: string;
  readonly why: string;
  readonly foundAt: Date;
  /** What was seen; it goes into the evidence. */
  readonly saw: Json;
  /** Does what there is to do after a failure, and says what that was. */
  readonly onFailure: (project: Project, to: string) => Promise<string>;
}

/** `pulumi-dr failover`: to another site, planned (both live, nothing is lost) or because one is lost (said in words). */
export async function failover(options: RecoveryOptions): Promise<void> {
  const project = readProject();
  const status = await readStatus(project);
  const { from, to } = chooseSites(project.sites, status, options);
  const { unattended } = options;
  const offers = options.lost ? await readOffers(project, { from, to }, options.recoverFrom) : [];
  refuseWords(project, to, options);
  const standbys = status.databases.filter(
    ({ site, database }) => site === to && !offers.some(({ name }) => name === database),
  );
  const single = databasesOf(project.plan).find(({ replica }) => replica === "none");
  if (single && !options.lost)
    throw new UsageError(
      `a planned switch needs replicas, and ${single.name} has none. Say --lost ${from}: it is fenced, archives all that it has, and ${to} is restored from that`,
    );
  refuseUnready(from, standbys, status, options);

  if (options.lost) {
    const steps = lostSite(from, to, { foundAt: unattended?.foundAt, recoverFrom: options.recoverFrom });
    const told = [
      lossOf(from, standbys, status),
      ...(await backupsInstead(project, { from, to }, standbys, status)),
      ...offers.map(({ text }) => text),
      `${from} is declared lost: writes that had not arrived go with it.`,
    ];
    return carryOut(project, options, {
      ...{ command: unattended ? AUTOMATIC : "failover", before: status, steps, word: to, moves: { from, to } },
      consequence: told.filter(Boolean).join("\n"),
    });
  }
  const lagging = standbys.find(({ streaming }) => !streaming);
  if (lagging) {
    throw new UsageError(
      `a planned switch needs ${to}'s ${lagging.database} to follow ${from}, and it does not stream. If ${from} is gone, say so: --lost ${from}`,
    );
  }
  return carryOut(project, options, {
    ...{ command: "failover", before: status, steps: plannedSwitch(from, to), word: to, moves: { from, to } },
    consequence: `${from} stops taking writes, ${to} takes them after a few seconds; nothing is lost.`,
  });
}

/** `pulumi-dr failback`: the lost site is there again and becomes a replica of the live one. */
export async function failback(options: RecoveryOptions): Promise<void> {
  const project = readProject();
  const before = await readStatus(project);
  const { live } = before;
  if (!live) throw new UsageError("no site is live by the authority record: there is nothing to come back to");
  const returned = options.to ?? project.sites.find((site) => site !== live.site)!;
  if (!project.sites.includes(returned) || returned === live.site) {
    throw new UsageError(
      `--to must be a site that is not live (${project.sites.filter((site) => site !== live.site).join(", ")}); got ${returned}`,
    );
  }
  const saidAt = (site: string) =>
    [IS_LOST, SEEMS_LOST, "dr:recoverFrom"].filter((word) => word in stackConfig(project.folder, site));
  const words = { atLive: [...new Set([IS_LOST, ...saidAt(live.site)])], atReturned: saidAt(returned) };
  const hasReplicas = databasesOf(project.plan).some(({ replica }) => replica !== "none");
  await carryOut(project, options, {
    ...{ command: "failback", before, steps: returnOfSite(returned, live.site, words), word: returned },
    consequence: `${returned} ${hasReplicas ? "becomes a replica" : "gets copies of the backups"} of ${live.site}, which stays live.`,
  });
}

function chooseSites(
  sites: readonly string[],
  { live }: Status,
  { to, lost }: RecoveryOptions,
): { from: string; to: string } {
  for (const [option, site] of Object.entries({ to, lost })) {
    if (site !== undefined && !sites.includes(site))
      throw new UsageError(`--${option} must be ${sites.join(" or ")}; got ${site}`);
  }
  const from = lost ?? live?.site;
  if (!from) throw new UsageError("no site is live by the authority record; say which one is lost (--lost <site>)");
  if (lost && live && live.site !== lost)
    throw new UsageError(`${lost} is not live (${live.site} is, epoch ${live.epoch}): its loss needs no failover`);
  const target = to ?? sites.find((site) => site !== from)!;
  if (target === from) throw new UsageError(`--to must be another site than ${from}`);
  return { from, to: target };
}

/**
 * Refuses what cannot take over. One that was fenced when the lost site took over from it can, for a person, where there is
 * nothing newer: as long as the lost site answers, there is.
 */
function refuseUnready(
  from: string,
  standbys: readonly DatabaseStatus[],
  { databases }: Status,
  { lost, unattended }: RecoveryOptions,
): void {
  for (const { site, database, role } of standbys) {
    if (role === "standby") continue;
    const why = `${site} cannot take over: its ${database} is ${role}, and must be a standby. Nothing was changed`;
    if (role !== "fenced" || unattended) throw new UsageError(why);
    const answers = databases.find((one) => one.site === from && one.database === database)?.role !== "unreachable";
    const failback = `${from} still answers: npx pulumi-dr failback makes ${site} a replica of it first`;
    if (answers || !lost)
      throw new UsageError(`${why}. ${answers ? failback : `If ${from} is gone, say so: --lost ${from}`}`);
  }
}

/** What was said of another recovery must not count for this one. */
function refuseWords({ folder }: Project, to: string, { lost, recoverFrom }: RecoveryOptions): void {
  if (recoverFrom !== undefined && lost === undefined)
    throw new UsageError("--recover-from is for a lost site: say which, --lost <site>");
  const left = lost === undefined ? undefined : stackConfig(folder, to)["dr:recoverFrom"];
  if (typeof left !== "string" || left === "" || recoverFrom !== undefined) return;
  throw new UsageError(
    `Pulumi.${to}.yaml says dr:recoverFrom ${left}: say --recover-from ${left} if it is meant, or take it out (npx pulumi config rm dr:recoverFrom --stack ${to})`,
  );
}

/** The command of an automatic failover, by which evidence tells it from a person's. */
export const AUTOMATIC = "watch failover";

interface Recovery {
  readonly command: "failover" | "failback" | typeof AUTOMATIC;
  readonly before: Status;
  readonly steps: readonly RecoveryStep[];
  /** Whose data must come along.  @default - nobody's: the live site stays */
  readonly moves?: { readonly from: string; readonly to: string };
  /** What must be typed to go on. */
  readonly word: string;
  readonly consequence: string;
}

async function carryOut(project: Project, options: RecoveryOptions, recovery: Recovery): Promise<void> {
  const { command, before, steps, moves, word, consequence } = recovery;
  const { unattended } = options;
  const databases = databasesOf(project.plan).map(({ name }) => name);
  if (options.dryRun) return void process.stdout.write(`${stepsAsTyped(steps, databases).join("\n")}\n`);
  if (!options.yes) await confirmByTyping(word, consequence);

  const progress = startProgress(options.json ? process.stderr : process.stdout);
  if (options.yes) progress.say(`${consequence}\n`);
  const what = {
    ...{ command, before, asked: { to: options.to, lost: options.lost, recoverFrom: options.recoverFrom } },
    confirmed: unattended
      ? { word: "automatic", shown: `${unattended.why}\n${consequence}` }
      : { word: options.yes ? "--yes" : word, shown: consequence },
    ...(unattended ? { by: unattended.by, saw: unattended.saw } : {}),
    outcome: ({ after, warned }: { after: Status; warned: readonly string[] }) => ({ after, warned }),
  };
  const { value, head } = await recorded({ project, progress }, what, async () => {
    let warned: readonly string[];
    try {
      warned = await takeSteps(project.folder, steps, progress);
    } catch (error) {
      if (unattended)
        throw new Error(`${(error as Error).message}\n${await unattended.onFailure(project, options.to!)}`, {
          cause: error,
        });
      const rest = stepsAsTyped(steps.slice(progress.steps.length), databases);
      throw new Error(
        `${(error as Error).message}\n\nWhat is left, in this order:\n${rest.map((line) => `  ${line}`).join("\n")}`,
        { cause: error },
      );
    }
    return { after: await readStatus(project), warned };
  });
  const { live, problems } = value.after;
  progress.say(
    `\n${live ? `${live.site} is live, epoch ${live.epoch}` : "no site is live"}${problems.map((problem) => `\n! ${problem}`).join("")}`,
  );
  const restores = moves ? await tellRestores(project.plan, moves, progress.say) : [];
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ plan: project.plan.name, live: live ?? null, problems, steps: progress.steps, restores, evidence: head })}\n`,
    );
}
