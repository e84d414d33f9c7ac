import type { ApiPorts } from "../api/ports";
import { portsOf } from "./ports";
import { createQueue } from "./queue";
import { createScheduler } from "./scheduler";
import { setUp, type JobsOptions } from "./setup";
import { factsOf, statusOf, type Status } from "./status";
import { endTools } from "./tools";
import type { Facts } from "../proof/rules";

export type { JobsOptions } from "./setup";
export type { Status } from "./status";

/** All that the agent does, on whatever asks for it: its HTTP API, its clock, or a command in a process of its own. */
export interface Jobs {
  readonly ports: ApiPorts;
  /** Finds out what was done before, and goes by the plan's clock from there. Without it only what is asked for is done. */
  readonly start: () => void;
  /** Asks the repositories anew what they hold. */
  readonly look: () => Promise<void>;
  /** What is known of the backups just now. */
  readonly facts: () => Facts;
  readonly status: () => Status;
  /** Age of the oldest change that is not in every repository, in seconds, for each source that is copied as it changes. */
  readonly lags: () => Readonly<Record<string, number>>;
  /** Why this site may not write just now; undefined: it may, or nobody looked yet. */
  readonly refusal: () => string | undefined;
  /** Ends what runs and rolls it back, within seconds; nothing more begins. */
  readonly stop: () => Promise<void>;
}

/** Makes the jobs of a plan at a site. Nothing is listened to, and nothing is done by itself until `start`. */
export function createJobs(options: JobsOptions): Jobs {
  const { onJobEnded = () => {} } = options;
  const setup = setUp(options);
  const { log, metrics, redactor } = setup;
  const queue = createQueue(
    {
      onStarted: ({ kind, sources }) => sources.forEach(() => metrics.jobStarted(kind)),
      onEnded({ id, kind, sources, state, error }) {
        for (const source of sources) metrics.jobEnded(kind, source, state === "succeeded" ? "success" : "failure");
        if (error !== undefined) log.error("job-failed", { job: id, kind, sources, reason: error });
        onJobEnded();
      },
    },
    redactor.text,
  );
  const scheduler = createScheduler(setup, queue);
  return {
    ports: portsOf(setup, queue),
    start: scheduler.start,
    look: scheduler.look,
    facts: () => factsOf(setup),
    status: () => statusOf(setup, queue),
    lags: () =>
      Object.fromEntries(
        setup.sources.flatMap(({ name, continuous }) => (continuous ? [[name, continuous.lagSeconds()]] : [])),
      ),
    refusal: setup.permission.refusal,
    async stop() {
      scheduler.stop();
      const ended = queue.end();
      if (queue.running()) await endTools(ended);
    },
  };
}
