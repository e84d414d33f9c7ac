import { rmSync } from "node:fs";
import * as path from "node:path";
import type { Progress } from "../../cli/progress";
import { makeArms } from "../backup/arms";
import { writeAndSync } from "../backup/floors";
import { Runs } from "../report";
import { judged, timed, type Ratio } from "../samples";
import { sizeOf, type Subject } from "../subject";
import { prove, restoreByAgent, restoreDump, sameAs } from "./arms";

export const DUMP = "gunzip | psql, to the first query";
export const OURS = "restore, to the first query";
export const PROOF = "verify by restore";

/** One full backup and one dump of the same data, brought back in turn; every copy is compared with the server. */
export async function runRestores(at: Subject, repeats: number, progress: Progress): Promise<Runs> {
  const runs = new Runs();
  const backups = makeArms(at);
  const { backup } = await progress.step("restore: a full backup and a dump", async () => {
    await at.settle();
    await backups.dumpAndZip();
    return backups.agent("full");
  });
  const same = sameAs(at, await at.fingerprint());
  const arms = [
    async () => runs.add(OURS, { ...(await restoreByAgent(at, backup, same)), ofAgent: true }),
    async () => runs.add(DUMP, await restoreDump(at, backups.dump, same)),
    async () => runs.add(PROOF, { ...(await prove(at, backup)), ofAgent: true }),
  ];
  for (let repeat = 1; repeat <= repeats; repeat++)
    await progress.step(`restore ${repeat} of ${repeats}`, async () => {
      const from = repeat % arms.length; // each is first once in a while
      for (const arm of [...arms.slice(from), ...arms.slice(0, from)]) await arm();
      const bytes = sizeOf(path.join(at.dataFolder, "base"));
      const floor = await timed(() => Promise.resolve(writeAndSync(at.file("floor"), bytes)));
      runs.add("floor: the data written and synced", { seconds: floor });
      const { seconds } = await at.shell(`gunzip -c '${backups.dump}' > /dev/null`);
      runs.add("floor: gunzip alone", { seconds });
    });
  rmSync(backups.dump);
  return runs;
}

export function judgeRestores(runs: Runs): readonly Ratio[] {
  const [ours, dump, proof] = [runs.figures(OURS), runs.figures(DUMP), runs.figures(PROOF)];
  const peaks = [ours, proof].map(({ agentPeak }) => agentPeak! / 1024 / 1024);
  return [
    judged("gunzip | psql / restore: time to the first query", dump.median / ours.median, { atLeast: 3 }),
    judged("verify by restore / restore: time", proof.median / ours.median, { atMost: 1.5 }),
    judged("restoring, the agent's own memory, MiB", Math.max(...peaks), { atMost: 150 }),
  ];
}
