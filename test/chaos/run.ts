import { startOutside } from "../../cli/drill/outside";
import { longestGap } from "./books";
import type { Drawn } from "./draw";
import { heal } from "./heal";
import type { ChaosJournal } from "./journal";
import { makeOperator } from "./operator";
import { furnish, historyNow, judgeWell, judgeWrites } from "./oracle";
import { NAME, PLAN } from "./plan";
import { startProbe } from "./probe";
import { holdsWithin, pause, type Stage } from "./stage";
import type { System } from "./system";

/** One thing that was done in a run. */
export interface Played {
  readonly name: string;
  /** What came of it, in a word or two; undefined: this machine cannot do it. */
  readonly outcome?: string;
  readonly seconds: number;
  /** The longest time in which the client had no write acknowledged, in seconds. */
  readonly gapSeconds: number;
  /** Acknowledged writes that it cost. */
  readonly lost: number;
}

/** What a run came to. */
export interface Run {
  readonly seed: number;
  readonly seconds: number;
  readonly acts: readonly Played[];
  /** What an operator had to do at the end. */
  readonly healing: readonly string[];
  readonly acknowledged: number;
  readonly lost: number;
  /** For each loss that was announced, how much time it was said to cost at most, in seconds. */
  readonly announcedSeconds: readonly number[];
  readonly probes: number;
  readonly violations: number;
}

/** From a healthy state, whichever site is live, through what the seed draws, to a healthy state again. */
export async function playRun(system: System, journal: ChaosJournal, drawn: Drawn): Promise<Run> {
  const { seed } = drawn;
  const began = Date.now();
  const before = journal.violations.length;
  const run = `chaos ${seed} ${new Date().toISOString()}`;
  journal.note("run", { seed, drawn: drawn.acts.map(({ act }) => act.name) });
  await furnish(system);
  const history = await historyNow(system);
  const { nameServer, port, password } = system;
  const client = startOutside({ nameServer, name: NAME, port, database: PLAN, password, run });
  const probe = startProbe(system, journal);
  const operator = makeOperator(system.workspace, journal);
  const stage: Stage = { system, journal, operator, client, probe, allowances: [], announcedSeconds: [] };
  const known = new Set<number>();
  const acts: Played[] = [];
  let healing: readonly string[];
  try {
    await client.first(() => true, 20_000);
    for (const { act, random, pauseMs } of drawn.acts) {
      const missing = act.missing?.();
      if (missing !== undefined) {
        acts.push({ name: act.name, seconds: 0, gapSeconds: 0, lost: 0 });
        continue;
      }
      await pause(pauseMs);
      const from = Date.now();
      const outcome = await act.play(stage, random);
      const to = Date.now();
      const lost = await judgeWrites(stage, run, known, act.name);
      const gapSeconds = longestGap(client.acknowledged, from, to) / 1000;
      acts.push({ name: act.name, outcome, seconds: (to - from) / 1000, gapSeconds, lost });
      journal.note("act", { act: acts.at(-1) });
    }
    healing = await heal(stage);
    const healed = Date.now();
    if (!(await holdsWithin(20_000, () => client.acknowledged.some(({ sentMs }) => sentMs > healed))))
      journal.violate("untrue ok", "status is green, and the client cannot write");
  } finally {
    await client.stop();
    await probe.stop();
  }
  await judgeWrites(stage, run, known, "healing");
  if (journal.violations.length === before) await judgeWell(stage, run, history);
  const verified = await operator.run("pulumi-dr", "evidence", "verify");
  if (verified.code !== 0) journal.violate("history", `the evidence does not verify:\n${verified.output.trim()}`);
  system.sweep();
  return {
    ...{ seed, acts, healing, lost: known.size, acknowledged: client.acknowledged.length },
    ...{ seconds: (Date.now() - began) / 1000, probes: probe.samples() },
    announcedSeconds: stage.announcedSeconds.filter(Number.isFinite),
    violations: journal.violations.length - before,
  };
}
