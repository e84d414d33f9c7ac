import type { AgentConfig } from "./config";
import type { BackupType } from "./contract";
import type { ApiPorts, Held, Job, Started } from "./api/ports";
import type { Jobs } from "./jobs";
import type { Log } from "./log";
import type { Redactor } from "./redaction";
import type { ReadSecret } from "./secrets";

const WORK = ["full", "incr", "diff", "verify", "prove"] as const;

/** What a job of a platform's own clock does: a backup of a type; or the newest backup, read back or restored for proof. */
export interface Order {
  readonly work: BackupType | "verify" | "prove";
  /** Names of sources. Empty: all that can. */
  readonly sources: readonly string[];
}

/** Reads `--once <work> [source...]`; undefined without it: the agent goes by the plan's clock then. */
export function orderOf([flag, work, ...sources]: readonly string[]): Order | undefined {
  if (flag === undefined) return undefined;
  const known = WORK.find((one) => one === work);
  if (flag !== "--once" || !known)
    throw new Error(
      `the arguments must be --once ${WORK.join("|")} [source...], or none; got ${[flag, work].join(" ")}`,
    );
  return { work: known, sources };
}

interface OnceDeps {
  readonly config: AgentConfig;
  readonly jobs: Jobs;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly secret: ReadSecret;
}

/** Does it, tells people what they must know, and answers the exit code: 0 only if all of it succeeded. */
export async function runOnce({ work, sources }: Order, deps: OnceDeps): Promise<0 | 1> {
  const { ports } = deps.jobs;
  const able = ports.sources().filter(({ types }) => work === "verify" || work === "prove" || types.includes(work));
  const names = sources.length > 0 ? sources : able.map(({ name }) => name);
  const ended: Job[] = [];
  for (const begin of work === "verify" || work === "prove"
    ? await proofs(ports, names, work)
    : [backup(ports, names, work)])
    ended.push(await follow(ports, await begin()));
  await report(deps);
  return ended.every(({ state }) => state === "succeeded") ? 0 : 1;
}

type Begin = () => Promise<Started>;

const backup =
  (ports: ApiPorts, names: readonly string[], type: BackupType): Begin =>
  () =>
    ports.startBackup({ sources: names, type });

async function proofs(ports: ApiPorts, names: readonly string[], work: "verify" | "prove"): Promise<readonly Begin[]> {
  const { held } = await ports.history();
  const own = held.filter(({ inherited }) => !inherited);
  const level = work === "prove" ? "restore" : "read";
  return names.map((name) => () => {
    const newest = own.filter(({ backup }) => backup.source === name).reduce<Held | undefined>(later, undefined);
    if (!newest) throw new Error(`${name} has no backup that could be proven`);
    return ports.startVerify({ backup: newest.backup, level });
  });
}

const later = (one: Held | undefined, other: Held) =>
  one && one.backup.startedAt > other.backup.startedAt ? one : other;

async function follow(ports: ApiPorts, started: Started): Promise<Job> {
  if ("busy" in started) throw new Error(`${started.busy.id} is in the way`); // nobody else asks this process
  for (;;) {
    const job = ports.job(started.job.id)!;
    if (job.endedAt !== undefined) return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One look around, as the agent that stays takes one after each job. */
async function report({ config, jobs, log, redactor, secret }: OnceDeps): Promise<void> {
  const [{ createAlerts }, { createWatch }, { createMetrics }, { version }] = await Promise.all([
    ...([import("./alerts"), import("./watch"), import("./metrics"), import("../package.json")] as const),
  ]);
  const { plan, site, folder: stateFolder, alerts: said, people } = config;
  const metrics = await createMetrics({ version });
  const alerts = createAlerts({
    ...{ plan: { name: plan, alerts: said, people }, site, secret, redactor, log, metrics, stateFolder },
  });
  await jobs.look();
  await createWatch({ config, jobs, secret, alerts, metrics, log }).look();
  await alerts.settled();
  await alerts.close();
}
