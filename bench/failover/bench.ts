import { cpus } from "node:os";
import { startProgress, type Progress } from "../../cli/progress";
import { judged, ratioOf, renderRatios, renderSummaries, summarise, type Ratio, type Summary } from "../samples";
import { makeArms } from "./arms";
import { makeComponentCost, RESOURCES } from "./component-cost";
import { growthPerDoubling, perResource } from "./figures";
import { makeMany } from "./many";

/** `loss` and `switch` share their two sites and meet the same machine in turn. */
export type Part = "loss" | "switch" | "many" | "components";

export interface FailoverBenchOptions {
  readonly json: boolean;
  readonly sizeMiB: number;
  readonly repeats: number;
}

interface Result {
  readonly arms: readonly Summary[];
  readonly ratios: readonly Ratio[];
}

/** `npm run bench -- failover`: arms interleaved in one run, so that all meet the same machine. A goal that is missed is printed, no failure. */
export async function benchFailover(parts: readonly Part[], options: FailoverBenchOptions): Promise<void> {
  const { json, sizeMiB, repeats } = options;
  const progress = startProgress(process.stderr);
  const results: Result[] = [];
  if (parts.includes("loss") || parts.includes("switch")) results.push(await runSites(parts, options, progress));
  if (parts.includes("many")) results.push(await runMany(repeats, progress));
  if (parts.includes("components")) results.push(await runComponents(repeats, progress));
  const arms = results.flatMap((one) => one.arms);
  const ratios = results.flatMap((one) => one.ratios);
  const head = { bench: `failover ${parts.join(" ")}`, sizeMiB, repeats, cores: cpus().length };
  if (json) process.stdout.write(`${JSON.stringify({ ...head, arms, ratios })}\n`);
  else
    process.stdout.write(
      `\n${sizeMiB} MiB, half of it incompressible, which fits in memory here; ${head.cores} cores\n\n${renderSummaries(arms)}\n\n${renderRatios(ratios)}\n`,
    );
}

/** Seconds by arm, in the order in which arms were first run. */
function collect() {
  const all = new Map<string, number[]>();
  return {
    add: (arm: string, ...seconds: number[]) => void all.set(arm, [...(all.get(arm) ?? []), ...seconds]),
    of: (arm: string) => summarise({ name: arm, seconds: all.get(arm) ?? [] }),
    all: () => [...all].map(([name, seconds]) => summarise({ name, seconds })),
  };
}

async function runSites(
  parts: readonly Part[],
  { sizeMiB, repeats }: FailoverBenchOptions,
  progress: Progress,
): Promise<Result> {
  const { add, of, all } = collect();
  const arms = await progress.step(`two sites with ${sizeMiB} MiB, and a dump of it`, () => makeArms(sizeMiB));
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      await progress.step(`repeat ${repeat} of ${repeats}`, async () => {
        if (parts.includes("switch")) {
          const { seconds, steps } = await arms.switchOver();
          add("planned switch: the client's gap", seconds);
          for (const step of steps)
            add(`of that: ${step.name.replace(/\b(?:prod|dr)('s)?\b/g, "a site$1")}`, step.seconds);
          add("floor of a switch: two bare servers", await arms.switchFloor());
        }
        if (!parts.includes("loss")) return;
        add("ours", await arms.recover());
        const bare = await arms.floor();
        add("floor", bare.total);
        add("of that: pg_promote and a write", bare.promote);
        add("dump", await arms.restoreDump());
        add("no-op up of a site", await arms.noOpUp());
        add("no-op up of an empty stack", ...bare.emptyUps);
      });
    }
  } finally {
    arms.remove();
  }
  const ratios: Ratio[] = [];
  if (parts.includes("switch")) {
    const [gap, floor] = [of("planned switch: the client's gap"), of("floor of a switch: two bare servers")];
    ratios.push(judged("switch: seconds over its floor", gap.median - floor.median, { atMost: 2 }));
  }
  if (parts.includes("loss"))
    ratios.push(
      ratioOf("ours / floor", of("ours"), of("floor"), { atMost: 1.3 }),
      ratioOf("dump / ours", of("dump"), of("ours"), { atLeast: sizeMiB >= 4096 ? 12 : 4 }),
      ratioOf("no-op up: site / empty stack", of("no-op up of a site"), of("no-op up of an empty stack"), {
        atMost: 1.3,
      }),
    );
  return { arms: all(), ratios };
}

const COUNTS = [1, 4, 16] as const;

/** One plan after the other: the servers of all three at once would leave no memory to measure in. */
async function runMany(repeats: number, progress: Progress): Promise<Result> {
  const { add, of, all } = collect();
  const nameOf = (count: number) => `up that promotes ${count} of ${count}`;
  for (const count of COUNTS) {
    const many = await progress.step(`two sites with ${count} databases`, () => Promise.resolve(makeMany(count)));
    try {
      for (let repeat = 1; repeat <= repeats; repeat++)
        await progress.step(`${count} databases, repeat ${repeat} of ${repeats}`, async () =>
          add(nameOf(count), await many.promote()),
        );
    } finally {
      many.remove();
    }
  }
  const ratios = COUNTS.slice(1).map((count, index) => {
    const fewer = COUNTS[index]!;
    const growth = growthPerDoubling(of(nameOf(fewer)).median, of(nameOf(count)).median, count / fewer);
    return judged(`${fewer} to ${count} databases: growth per doubling`, growth, { atMost: 0.15 });
  });
  return { arms: all(), ratios };
}

async function runComponents(repeats: number, progress: Progress): Promise<Result> {
  const { add, of, all } = collect();
  const cost = await progress.step(`a program of ${RESOURCES.flat} resources`, () =>
    Promise.resolve(makeComponentCost()),
  );
  const verbs = ["preview", "up"] as const;
  const programs = ["nothing", "flat", "components"] as const;
  try {
    for (let repeat = 1; repeat <= repeats; repeat++)
      await progress.step(`components, repeat ${repeat} of ${repeats}`, async () => {
        for (const written of programs) {
          const took = await cost.run(written);
          for (const verb of verbs) add(`${verb}: ${written}`, took[verb]);
        }
      });
  } finally {
    cost.remove();
  }
  const ratios = verbs.map((verb) => {
    const costOf = (written: "flat" | "components") =>
      perResource(of(`${verb}: ${written}`).median, of(`${verb}: nothing`).median, RESOURCES[written]);
    return judged(`${verb}, per resource: components / flat`, costOf("components") / costOf("flat"), { atMost: 1.1 });
  });
  return { arms: all(), ratios };
}
