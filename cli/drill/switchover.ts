import { commonsOf, NAME_SERVER_PORT, placeOf } from "../../components/local/place";
import { key } from "../../engines/keys";
import { keptPorts } from "../../engines/ports";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import { formatDuration, statedFor } from "../../plan";
import { confirmByTyping } from "../confirm";
import { recorded } from "../evidence/recorded";
import { databasesOf, readProject, UsageError, type Project } from "../project";
import { startProgress, type Progress } from "../progress";
import { plannedSwitch } from "../recovery/steps";
import { takeSteps } from "../recovery/take";
import { readStatus } from "../status";
import { HEARTBEAT_TABLE } from "./client";
import { gapOf, survived, type Writes } from "./measure";
import { startOutside } from "./outside";
import { survivorsOf } from "./survivors";

export interface SwitchoverOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly writes?: string;
}

/** One of the two switches, as the client met it. */
interface Way {
  readonly from: string;
  readonly to: string;
  /** Seconds from the last write that one site acknowledged to the first of the other. */
  readonly gapSeconds: number;
}

interface Switched {
  readonly ways: readonly Way[];
  readonly writes: Writes;
}

/** `pulumi-dr drill switchover`: there and back as planned; exits 0 only if nothing was lost, and each way took no longer than the plan's RTO. */
export async function drillSwitchover(options: SwitchoverOptions): Promise<void> {
  const writeSeconds = Number(options.writes ?? "3");
  if (!(writeSeconds >= 0 && writeSeconds <= 3_600))
    throw new UsageError(`--writes must be a number from 0 to 3600; got ${options.writes}`);
  const project = readProject();
  const { plan } = project;
  const [database] = databasesOf(plan);
  if (!database)
    throw new UsageError(`${plan.name} has no database that a drill could measure (data.<name>.engine: postgresql)`);
  const before = await readStatus(project);
  if (!before.live || before.problems.length > 0)
    throw new UsageError(`a planned switch needs two good copies; ${before.problems.join("; ")}. Nothing was changed`);
  const from = before.live.site;
  const to = project.sites.find((site) => site !== from)!;
  const consequence = `${from} stops taking writes, ${to} takes them, and ${from} again: clients wait for seconds, twice. Nothing is destroyed or lost.`;
  if (!options.yes) await confirmByTyping(to, consequence);

  const progress = startProgress(options.json ? process.stderr : process.stdout);
  progress.say(`${plan.name}: a planned switch from ${from} to ${to}, and back\n`);
  const rto = statedFor(plan, database.class, "rto")?.seconds;
  const passedBy = ({ ways, writes }: Switched) =>
    writes.lost === 0 && ways.every(({ gapSeconds }) => rto === undefined || gapSeconds + plan.dns.ttl <= rto); // one that caches the address waits for longer
  const what = {
    ...{ command: "drill switchover", asked: { writes: options.writes }, before },
    confirmed: { word: options.yes ? "--yes" : to, shown: consequence },
    outcome: (switched: Switched) => ({
      result: passedBy(switched) ? ("ok" as const) : ("missed" as const),
      measured: { ways: switched.ways.map((way) => ({ ...way })), writes: { ...switched.writes } },
    }),
  };
  const { value, head } = await recorded({ project, progress }, what, () =>
    thereAndBack(project, progress, { from, to, writeSeconds }),
  );
  const { ways, writes } = value;
  const passed = passedBy(value);
  for (const way of ways)
    progress.say(
      `${way.from} to ${way.to}: clients waited for ${way.gapSeconds.toFixed(3)} s${rto ? `, of ${formatDuration(rto)}` : ""}`,
    );
  progress.say(`rows: ${writes.acknowledged} acknowledged, ${writes.survived} survived, ${writes.lost} lost`);
  progress.say(passed ? "PASSED: nothing was lost." : "FAILED: rows were lost, or it took longer than the plan's RTO.");
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ plan: plan.name, scenario: "switchover", passed, ways, writes, steps: progress.steps, evidence: head })}\n`,
    );
  if (!passed) process.exitCode = 1;
}

async function thereAndBack(
  project: Project,
  progress: Progress,
  { from, to, writeSeconds }: { readonly from: string; readonly to: string; readonly writeSeconds: number },
): Promise<Switched> {
  const { folder, plan, location, sites } = project;
  const [database] = databasesOf(plan);
  const { keysFolder, portRegistry, nameServerAddress } = commonsOf({ location, plan: plan.name });
  const ports = keptPorts(portRegistry);
  const addressOf = (site: string) => placeOf({ location, plan: plan.name, all: sites }, site).address;
  const at = (site: string): Endpoint => ({
    ...{ address: addressOf(site), port: ports[database!.name]!, keysFolder },
    ...{ database: database!.database, user: "app" },
  });
  await connected(at(from), (client) => client.query(HEARTBEAT_TABLE));
  const run = new Date().toISOString();
  const outside = startOutside({
    nameServer: { address: nameServerAddress, port: ports[NAME_SERVER_PORT]! },
    ...{ name: plan.dns.name, run, port: at(from).port, database: database!.database },
    password: key(keysFolder, "app"),
  });
  const ways: Way[] = [];
  try {
    for (const [here, there] of [
      [from, to],
      [to, from],
    ] as const) {
      await progress.step(`a client writes at ${here}, and ${there} follows`, async () => {
        await outside.first(({ address }) => address === addressOf(here), 30_000);
        await new Promise((resolve) => setTimeout(resolve, writeSeconds * 1000));
        await untilWell(project);
      });
      const since = Date.now();
      await takeSteps(folder, plannedSwitch(here, there), progress);
      await outside.first(({ address, sentMs }) => address === addressOf(there) && sentMs >= since, 60_000);
      ways.push({ from: here, to: there, gapSeconds: gapOf(outside.acknowledged, addressOf(there), since) });
    }
    await new Promise((resolve) => setTimeout(resolve, 500)); // a few more writes: one could be luck
    await outside.stop();
    const there = await survivorsOf(at(from), run);
    return { ways, writes: survived(outside.acknowledged, there) };
  } finally {
    await outside.stop();
  }
}

const WELL_WITHIN_MS = 60_000;

async function untilWell(project: Project): Promise<void> {
  for (const end = Date.now() + WELL_WITHIN_MS; ; await new Promise((r) => setTimeout(r, 250))) {
    const { problems } = await readStatus(project);
    if (problems.length === 0) return;
    if (Date.now() > end) throw new Error(`there are no two good copies: ${problems.join("; ")}`);
  }
}
