import * as path from "node:path";
import type { Alerts } from "../alerts";
import { evaluate, type Measurement, type RuleName } from "../alerts/rules";
import type { AgentConfig } from "../config";
import type { Jobs } from "../jobs";
import type { Log } from "../log";
import type { Metrics } from "../metrics";
import type { ReadSecret } from "../secrets";
import { backupsMeasured, backupsSeen } from "./backups";
import { databasesWatch } from "./databases";
import { filesWatch, protectedPaths } from "./files";
import { keysWatch } from "./keys";
import { copiesWatch, replicationWatch } from "./lag";
import { cpuMeter, disks, memory } from "./machine";
import { serviceWatch } from "./services";

export interface WatchDeps {
  readonly config: AgentConfig;
  readonly jobs: Pick<Jobs, "facts" | "refusal" | "look" | "lags">;
  readonly secret: ReadSecret;
  readonly alerts: Pick<Alerts, "look">;
  readonly metrics: Pick<Metrics, "observe">;
  readonly log: Log;
}

export interface Watch {
  /** Looks at everything once. Asked while a look goes on, another one follows it. */
  readonly look: () => Promise<void>;
  readonly start: () => void;
  readonly stop: () => void;
}

/** Seconds between two looks at what can be asked cheaply. The repositories are asked every `alerts.checkEvery`. */
const LOOK_EVERY = 60;

/** Looks around by the clock: at the machine, the services, the databases and what is known of the backups. */
export function createWatch({ config, jobs, secret, alerts, metrics, log }: WatchDeps): Watch {
  const { rules, checkEvery } = config.alerts;
  const samples = samplesOf(config, secret, jobs.lags);
  let timers: NodeJS.Timeout[] = [];
  let looking: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function once(): Promise<void> {
    const taken = await Promise.all(
      samples.map(({ of, take }) =>
        take().catch((error: Error): Measurement[] => {
          log.warn("not-measured", { rules: [...new Set(of.map(({ rule }) => rule))], reason: error.message });
          return of.map((about) => ({ ...about, value: undefined }));
        }),
      ),
    );
    const measurements = taken.flat();
    const now = new Date();
    const facts = jobs.facts();
    const found = [evaluate(rules, measurements), backupsSeen(facts, rules, jobs.refusal() === undefined, now)];
    metrics.observe([...measurements, ...backupsMeasured(facts, rules, now)], now);
    alerts.look({
      breaches: found.flatMap(({ breaches }) => breaches),
      unknown: found.flatMap(({ unknown }) => unknown),
    });
  }
  function look(): Promise<void> {
    if (looking) return (next ??= looking.then(() => ((next = undefined), look())));
    return (looking = once()
      .catch((error: Error) => log.error("look-around-failed", { reason: error.message }))
      .finally(() => (looking = undefined)));
  }

  return {
    look,
    start() {
      void look();
      let asking = false;
      const askRepositories = () => {
        if (asking) return; // a look that waits for its turn is enough
        asking = true;
        void jobs
          .look()
          .then(look, (error: Error) => log.error("look-failed", { reason: error.message }))
          .finally(() => (asking = false));
      };
      timers = [
        setInterval(() => void look(), Math.min(LOOK_EVERY, checkEvery) * 1000),
        setInterval(askRepositories, checkEvery * 1000),
      ];
    },
    stop: () => timers.forEach((timer) => clearInterval(timer)),
  };
}

type About = Pick<Measurement, "rule" | "source">;

/** Something that is measured, and what is not known if that fails. */
interface Sample {
  readonly of: readonly About[];
  readonly take: () => Promise<readonly Measurement[]>;
}

function samplesOf(config: AgentConfig, secret: ReadSecret, lags: Jobs["lags"]): readonly Sample[] {
  const cpu = cpuMeter();
  const folders = [
    ...[config.folder, ...config.repositories.map(({ bucket }) => bucket).filter((bucket) => path.isAbsolute(bucket))],
    ...config.sources.flatMap(({ postgresql }) => postgresql?.dataFolder ?? []),
  ];
  const paths = protectedPaths(config);
  const about = (rule: RuleName, sources: readonly string[]) => sources.map((source): About => ({ rule, source }));
  const names = (...engines: readonly string[]) =>
    config.sources.filter(({ entry }) => engines.includes(entry.engine)).map(({ name }) => name);
  const services = config.services.map(({ name }) => name);
  const single = (rule: RuleName, measure: () => number | undefined): Sample => {
    const of = about(rule, [config.site]);
    // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is to be a rejection
    return { of, take: async () => [{ ...of[0]!, value: measure() }] };
  };
  return [
    single("cpu", cpu),
    single("memory", memory),
    // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is to be a rejection
    { of: about("keyAge", [config.site]), take: async () => keysWatch(config) },
    { of: about("disk", folders), take: () => disks(folders) },
    {
      of: [...about("serviceDown", services), ...about("errorRate", services)],
      take: serviceWatch(config.services),
    },
    { of: about("replicationLag", names("postgresql")), take: replicationWatch(config) },
    { of: about("replicationLag", Object.keys(lags())), take: copiesWatch(config, lags) },
    { of: about("filesUnavailable", paths), take: () => filesWatch(paths) },
    {
      of: [...about("databaseDown", names("postgresql", "mongodb")), ...about("cacheDown", names("redis"))],
      take: () => databasesWatch(config, secret),
    },
  ];
}
