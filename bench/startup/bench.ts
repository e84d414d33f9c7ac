import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { projectFolder } from "../../engines/bundle";
import { judged, ratioOf, renderRatios, renderSummaries, summarise, timed } from "../samples";

export interface StartupBenchOptions {
  readonly json: boolean;
  readonly repeats: number;
}

const FLOOR = "node -e 0";
const PROGRAM = path.join(projectFolder, "bin/pulumi-dr");
/** Words of each arm's command line; all end by themselves, and need no project. */
const ARMS: Readonly<Record<string, readonly string[]>> = {
  [FLOOR]: ["-e", "0"],
  "pulumi-dr --help": [PROGRAM, "--help"],
  "pulumi-dr status --help": [PROGRAM, "status", "--help"],
  "pulumi-dr failover --help": [PROGRAM, "failover", "--help"],
};

/** `npm run bench -- startup`: how long the command line takes to say anything, beside Node doing nothing. */
export async function benchStartup({ json, repeats }: StartupBenchOptions): Promise<void> {
  const seconds = new Map(Object.keys(ARMS).map((name) => [name, [] as number[]]));
  for (const words of Object.values(ARMS)) run(words); // bundled, and its code cache kept, once
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const [name, words] of Object.entries(ARMS))
      seconds.get(name)!.push(await timed(() => Promise.resolve(run(words))));

  const arms = [...seconds].map(([name, all]) => summarise({ name, seconds: all }));
  const [floor, ...ours] = arms;
  const ratios = ours.flatMap((arm) => [
    judged(`${arm.name}, seconds`, arm.median, { atMost: 0.5 }),
    ratioOf(`${arm.name} / ${FLOOR}`, arm, floor!, { atMost: 3 }),
  ]);
  if (json) process.stdout.write(`${JSON.stringify({ bench: "startup", repeats, arms, ratios })}\n`);
  else process.stdout.write(`${renderSummaries(arms)}\n\n${renderRatios(ratios)}\n`);
}

function run(words: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, words, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`node ${words.join(" ")} ended with ${status}: ${stderr.trim()}`);
}
