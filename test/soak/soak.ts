import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { projectFolder } from "../../engines/bundle";
import { holdsWithin, pause, type FaultContext } from "./faults/fault";
import { FAULTS } from "./faults/index";
import { runLane } from "./faults/lane";
import { makeHolds } from "./holds";
import type { Journal } from "./journal";
import { openJournal } from "../helpers/journal";
import { leftBehind, quiet } from "./last";
import { makeOracle, type Oracle } from "./oracle/oracle";
import { SOURCES } from "./plan";
import { seeded } from "../helpers/random";
import { summarise } from "./summarise";
import type { FaultTimes, Summary } from "./summary";
import { makeSystem, type System } from "./system";
import { watch } from "./watch";
import { startWriters } from "./writers/index";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: string;
  /** Faults that may be injected, by name.  @default - all */
  readonly only?: readonly string[];
  /** Where lines for a person go. */
  readonly show: (line: string) => void;
}

const ORACLE_EVERY_MS = 120_000;
const STAYS_MS = 30_000;
/** The part of the run at its end in which nothing is broken any more. */
const quietMs = (minutes: number) => Math.min(12, minutes * 0.4) * 60_000;

/** Protects a plan with the agent, breaks what can break, and judges by the data alone what the agent said meanwhile. */
export async function soak(options: SoakOptions): Promise<Summary> {
  const { only = FAULTS.map(({ name }) => name), show } = options;
  const unknown = only.find((name) => !FAULTS.some((fault) => fault.name === name));
  if (unknown !== undefined)
    throw new Error(`--only must name faults of ${FAULTS.map(({ name }) => name).join(", ")}; got ${unknown}`);
  const folder = path.join(projectFolder, ".dr/soak");
  mkdirSync(folder, { recursive: true });
  const journal: Journal = openJournal(
    path.join(folder, `${new Date().toISOString().replaceAll(/[:.]/g, "-")}.jsonl`),
    show,
  );
  const system = await makeSystem();
  let keep = true;
  try {
    const summary = await Promise.race([runIn(system, journal, { ...options, only }), interrupted()]);
    journal.note("summary", { summary });
    keep = journal.violations.length > 0;
    return summary;
  } finally {
    await system.remove(keep).catch((error: Error) => show(`not all is cleared away: ${error.message}\n`));
    if (keep) show(`kept to be looked at: ${system.workspace.folder}\n`);
  }
}

/** Never resolves; whoever interrupts the soak still has everything ended that it started. */
const interrupted = () =>
  new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
  });

async function runIn(
  system: System,
  journal: Journal,
  { minutes, seed, only }: SoakOptions & Required<Pick<SoakOptions, "only">>,
): Promise<Summary> {
  const random = seeded(seed);
  const writers = startWriters(system, random.fork("writers"));
  for (const stack of ["prod", "dr", "dns"]) {
    const { code, output } = await system.run("pulumi", "up", "--stack", stack, "--yes", "--skip-preview");
    if (code !== 0) throw new Error(`pulumi up --stack ${stack} failed:\n${output}`);
    journal.tell("up", { stack });
  }
  writers.addRows();
  const began = Date.now();
  const faultsEnd = began + minutes * 60_000 - quietMs(minutes);
  const seeing = watch(system, journal);
  const { ledgers } = writers;
  const context = { system, watch: seeing, holds: makeHolds(), journal, ledgers, random };
  const oracle = makeOracle({ ...context, random: random.fork("oracle") });
  const times = new Map<string, FaultTimes>();
  const isOver = () => Date.now() >= faultsEnd;

  await Promise.all([breakThings(context, only, times, isOver), judgeThings(oracle, isOver)]);
  journal.tell("faults-are-over", { quietSeconds: Math.round(quietMs(minutes) / 1000) });
  await quiet(context, Date.now(), began + minutes * 60_000);
  const before = await leftBehind(system, seeing, began);
  await oracle.last();
  await pause(STAYS_MS);
  const left = (await leftBehind(system, seeing, began)).filter((one) => before.includes(one));
  if (left.length > 0) journal.violate("left behind", left.join("\n  "));
  await writers.stop();
  seeing.stop();
  return summarise({
    ...{ seed, minutes, watch: seeing, writers: writers.all, oracle, times, journal, listener: system.listener },
  });
}

async function breakThings(
  context: FaultContext,
  only: readonly string[],
  times: Map<string, FaultTimes>,
  isOver: () => boolean,
): Promise<void> {
  // First the agent shall have something that can be hurt.
  const isProtected = () => SOURCES.every((name) => context.watch.verified.some(({ source }) => source === name));
  await holdsWithin(300_000, () => isProtected() || isOver());
  const lane = (name: "process" | "repository", pauseSeconds: readonly [number, number]) => {
    const faults = FAULTS.filter((fault) => fault.lane === name && only.includes(fault.name));
    return runLane({ ...context, random: context.random.fork(name) }, faults, times, pauseSeconds, isOver);
  };
  await Promise.all([lane("process", [20, 70]), lane("repository", [10, 40])]);
}

async function judgeThings(oracle: Oracle, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await holdsWithin(ORACLE_EVERY_MS, isOver);
    if (!isOver()) await oracle.round();
  }
}
