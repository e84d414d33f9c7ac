import type { Backup } from "../../agent/contract";
import type { Progress } from "../../cli/progress";
import { Runs } from "../report";
import { checkRestored } from "../restore/arms";
import { judged, type Ratio } from "../samples";
import type { Subject } from "../subject";
import { makeArms } from "./arms";
import { PATTERNS } from "./data";

const PERCENTS = [1, 5, 25] as const;
const MEMORY_MIB = 150;

export const DUMP = "pg_dump | gzip";
export const FULL = "full";
const incremental = (percent: number, pattern: string) => `incremental, ${percent} % ${pattern}`;
const withoutReadBack = (arm: string) => `${arm}, not read back`;

/** A full backup against a dump, then what follows when rows have changed: arms interleaved, so that all meet the same machine. */
export async function runBackups(at: Subject, repeats: number, progress: Progress): Promise<Runs> {
  const runs = new Runs();
  const arms = makeArms(at);
  for (let repeat = 1; repeat <= repeats; repeat++) {
    /** The last of each arm is restored and compared with what the server held. */
    const check = async (name: string, restored: { backup: Backup } | { dump: string }) => {
      if (repeat === repeats) await progress.step(`compare: ${name}`, () => checkRestored(at, restored));
    };
    const ours = async (name: string, type: "full" | "incr", changed: object = {}) => {
      const { cost, backup, readBackSeconds } = await arms.agent(type);
      runs.add(name, { ...cost, ...changed, ofAgent: true });
      runs.add(withoutReadBack(name), { seconds: cost.seconds - readBackSeconds });
      return { backup, stored: cost.stored };
    };
    const dump = async () => runs.add(DUMP, await arms.dumpAndZip());
    await progress.step(`backup ${repeat} of ${repeats}: fresh`, () => arms.fresh());
    let last!: Backup;
    await progress.step(`backup ${repeat} of ${repeats}: full and dump`, async () => {
      if (repeat % 2 === 0) await dump(); // neither is always first to read the data
      const full = await ours(FULL, "full");
      last = full.backup;
      if (repeat % 2 === 1) await dump();
      for (const [name, seconds] of Object.entries(await arms.floors(full.stored))) runs.add(name, { seconds });
    });
    await check(FULL, { backup: last });
    await check(DUMP, { dump: arms.dump });
    for (const pattern of PATTERNS)
      for (const percent of PERCENTS) {
        const name = incremental(percent, pattern);
        await progress.step(`backup ${repeat} of ${repeats}: ${name}`, async () => {
          const { pages, files } = await arms.change(percent, pattern, repeat, last);
          last = (await ours(name, "incr", { changedPages: pages, changedFiles: files })).backup;
        });
        await check(name, { backup: last });
      }
  }
  return runs;
}

/** The goals of a backup, against the dump and the full of the same run. */
export function judgeBackups(runs: Runs): readonly Ratio[] {
  const [dump, full] = [runs.figures(DUMP), runs.figures(FULL)];
  const bare = runs.figures(withoutReadBack(FULL));
  const next = PATTERNS.flatMap((pattern) => {
    const name = incremental(1, pattern);
    const [one, notRead] = [runs.figures(name), runs.figures(withoutReadBack(name))];
    return [
      judged(`${name} / full: time`, one.median / full.median, { atMost: 0.2 }),
      judged(`${name} / full, neither read back: time`, notRead.median / bare.median, { atMost: 0.2 }),
      judged(`${name} / full: bytes stored`, one.stored! / full.stored!, { atMost: 0.1 }),
    ];
  });
  const peaks = runs.all().flatMap(({ agentPeak }) => agentPeak ?? []);
  return [
    judged("full / pg_dump | gzip: time", full.median / dump.median, { atMost: 0.7 }),
    judged("full, not read back / pg_dump | gzip: time", bare.median / dump.median, { atMost: 0.7 }),
    ...next,
    judged("backing up, the agent's own memory, MiB", Math.max(...peaks) / 1024 / 1024, { atMost: MEMORY_MIB }),
  ];
}
