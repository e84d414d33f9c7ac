import type { RequestListener } from "node:http";
import { key } from "../engines/keys";
import { version } from "../package.json";
import type { Tested } from "./alerts/deploy-test";
import type { AgentConfig } from "./config";
import type { Jobs } from "./jobs";
import type { Log } from "./log";
import type { Metrics } from "./metrics";
import type { Redactor } from "./redaction";
import type { ReadSecret } from "./secrets";

export interface ReportingDeps {
  readonly config: AgentConfig;
  readonly jobs: Jobs;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly secret: ReadSecret;
  readonly metrics: Metrics;
}

/** All by which the agent is heard and asked: its API, its alerts, its look around, its sign of life. */
export interface Reporting {
  readonly handle: RequestListener;
  /** A job ended: what there is to tell is told now. */
  readonly look: () => void;
  readonly stop: () => Promise<void>;
}

/** Seconds between two signs of life. */
const BEAT_EVERY = 60;

/** Starts it. Its libraries are loaded here, not when this file is: the agent answers and works before that. */
export async function startReporting({
  config,
  jobs,
  log,
  redactor,
  secret,
  metrics,
}: ReportingDeps): Promise<Reporting> {
  const { plan, site, folder, api, alerts: said, people } = config;
  const [{ createAlerts }, { testAtDeploy }, { startHeartbeat }, { createWatch }] = await Promise.all([
    ...([import("./alerts"), import("./alerts/deploy-test"), import("./alerts/heartbeat"), import("./watch")] as const),
  ]);
  const alerts = createAlerts({
    ...{ plan: { name: plan, alerts: said, people }, site, secret, redactor, log, metrics, stateFolder: folder },
  });
  const watch = createWatch({ config, jobs, secret, alerts, metrics, log });
  let channels: readonly Tested[] = [];
  void testAtDeploy({ alerts, channels: said.channels, folder, log, metrics }).then(
    (tested) => (channels = tested),
    (error: Error) => log.error("channels-not-tested", { reason: error.message }),
  );
  const isHealthy = async () => (await jobs.ports.missing()).length === 0;
  const heartbeat = attempt(log, () => startHeartbeat({ secret, redactor, log, everySeconds: BEAT_EVERY, isHealthy }));
  watch.start();
  void heartbeat?.beat();

  const status = () => redactor.clean({ ...jobs.status(), channels, incidents: alerts.incidents() }) as object;
  const served = await serve();
  return {
    handle: served.handle,
    look: () => void watch.look(),
    async stop() {
      watch.stop();
      heartbeat?.stop();
      await Promise.all([alerts.close(), served.close()]);
    },
  };

  /** An API that nobody can use, such as for a token that is too short, is no reason to take no backups. */
  async function serve(): Promise<{ readonly handle: RequestListener; readonly close: () => Promise<void> }> {
    try {
      const { createApi } = await import("./api");
      // Never open: a plan that names no token that is set gets one of the agent's own.
      const token = secret(api.token) ?? key(config.keysFolder, "api");
      return await createApi({ ports: jobs.ports, status, metrics, log, redactor, token, plan, site, version });
    } catch (error) {
      const reason = redactor.text((error as Error).message);
      log.error("api-not-started", { reason });
      return { handle: unavailable(reason), close: () => Promise.resolve() };
    }
  }
}

const unavailable =
  (reason: string): RequestListener =>
  (_request, response) => {
    response.writeHead(503, { "content-type": "application/json" });
    response.end(JSON.stringify({ ok: false, missing: [`the API could not be started: ${reason}`] }));
  };

function attempt<T>(log: Log, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    log.error("not-started", { reason: (error as Error).message });
    return undefined;
  }
}
