import { readConfig } from "./config";
import { openDoor } from "./door";
import { createJobs } from "./jobs";
import { createLog } from "./log";
import { startGuard } from "./guard";
import { metricsToCome } from "./metrics/to-come";
import { orderOf, runOnce, type Order } from "./once";
import type { Reporting } from "./reporting";
import { createRedactor } from "./redaction";
import { secretReader } from "./secrets";

const config = readConfig(process.env.DR_CONFIG!);
const redactor = createRedactor();
const log = createLog({ fields: { plan: config.plan, site: config.site }, redactor });
const secret = secretReader(config, redactor);
const { metrics, use } = metricsToCome();
let reporting: Reporting | undefined;
let stopGuard: (() => void) | undefined;
const jobs = createJobs({ config, log, redactor, secret, metrics, onJobEnded: () => reporting?.look() });

const LONGEST_STOP_MS = 4_000;

async function main(): Promise<void> {
  const door = await openDoor(config);
  log.info("started", { sources: jobs.ports.sources().map(({ name }) => name), address: door.url });
  process.on("SIGTERM", () => {
    setTimeout(() => process.exit(0), LONGEST_STOP_MS); // whoever asked kills after five seconds
    void stop().finally(() => process.exit(0));
  });

  /** What was begun is rolled back: nothing is named before it is whole, so that ending its tools is enough. */
  async function stop(): Promise<void> {
    const running = jobs.status().running;
    const stopped = jobs.stop();
    stopGuard?.();
    await Promise.all([stopped, door.close(), reporting?.stop()]);
    log.info("stopped", running ? { rolledBack: running } : {});
  }

  stopGuard = startGuard({ config, log });
  jobs.start();
  // The door is open and the work begun: what takes longer to load comes now.
  const [{ createMetrics }, { startReporting }, { version }] = await Promise.all([
    ...([import("./metrics"), import("./reporting"), import("../package.json")] as const),
  ]);
  const made = await createMetrics({ version });
  use(made);
  reporting = await startReporting({ config, jobs, log, redactor, secret, metrics: made });
  door.handOver(reporting.handle);
}

/** As a job that another clock starts: it ends when its work is done. */
async function single(order: Order): Promise<void> {
  process.on("SIGTERM", () => void jobs.stop().finally(() => process.exit(1)));
  process.exitCode = await runOnce(order, { config, jobs, log, redactor, secret });
}

const start = async () => {
  const order = orderOf(process.argv.slice(2));
  await (order ? single(order) : main());
};
start().catch((error: Error) => {
  log.error("the agent could not be started", { err: error });
  process.exit(1);
});
