import type { Progress } from "../progress";
import type { Job } from "./client";
import { follow, type FollowOptions } from "./follow";
import { createMeter } from "./meter";
import type { Reached } from "./reach";

/** Somebody pressed Ctrl-C. */
export class Interrupted extends Error {}

/** Long work that ended badly, or only in part well. */
export class JobFailed extends Error {
  constructor(readonly job: Job) {
    super(job.error ?? `job ${job.id} failed and did not say why`);
  }
}

/** Begins long work, shows how far it is, and answers its end. Throws {@link JobFailed} and {@link Interrupted}. */
export function carryOut(
  at: Pick<Reached, "client" | "isDirect" | "close">,
  progress: Progress,
  name: string,
  begin: () => Promise<Job>,
  options: FollowOptions = {},
): Promise<Job> {
  return progress.step(name, async (tell) => {
    const meter = createMeter();
    const begun = begin();
    const interruption = interrupted(async () => ended(at, await begun));
    try {
      const job = await Promise.race([
        // What the end of its tools makes of the job is no news any more.
        follow(at.client, await begun, (one) => tell(meter(one)), options).catch((error: unknown) => {
          if (interruption.isUnderWay()) return interruption.promise;
          throw error;
        }),
        interruption.promise,
      ]);
      if (interruption.isUnderWay()) return await interruption.promise;
      if (job.state === "failed") throw new JobFailed(job);
      return job;
    } finally {
      interruption.forget();
    }
  });
}

async function ended({ isDirect, close }: Pick<Reached, "isDirect" | "close">, { id, kind }: Job): Promise<string> {
  if (!isDirect)
    return `interrupted here; the ${kind} goes on at the agent as job ${id}. npx pulumi-dr backups shows what comes of it`;
  await close();
  return kind === "restore"
    ? "interrupted: the restore has ended in its middle. Use nothing of its target before another restore has come to its end"
    : `interrupted: the ${kind} was rolled back, and nothing of it is listed`;
}

function interrupted(end: () => Promise<string>) {
  let underWay = false;
  let reject: (reason: Error) => void;
  const promise = new Promise<never>((_resolve, no) => (reject = no));
  promise.catch(() => {}); // whoever waits for it sees it
  const onSignal = () => {
    if (underWay) return;
    underWay = true;
    void end().then(
      (message) => reject(new Interrupted(message)),
      (error: Error) => reject(error),
    );
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
  return {
    promise,
    isUnderWay: () => underWay,
    forget: () => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
    },
  };
}
