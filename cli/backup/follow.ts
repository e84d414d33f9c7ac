import type { Progress } from "../../agent/contract";
import type { Client, Job } from "./client";
import { NoAnswer } from "./send";

export interface FollowOptions {
  /** How long an agent may be silent in the middle of a job: it may be started anew meanwhile.  @default 30 s */
  readonly patienceMs?: number;
  /** The longest pause between two looks.  @default 1 s */
  readonly pauseMs?: number;
}

const FIRST_MS = 50;

/** Asks until a job has ended, and answers how. Throws if that cannot be known any more. */
export async function follow(
  client: Pick<Client, "job">,
  begun: Job,
  onProgress: (progress: Progress) => void,
  { patienceMs = 30_000, pauseMs = 1_000 }: FollowOptions = {},
): Promise<Job> {
  let job = begun;
  let silentSince: number | undefined;
  for (let pause = FIRST_MS; job.state === "queued" || job.state === "running"; pause = Math.min(pauseMs, pause * 2)) {
    onProgress(job.progress ?? { bytes: 0, phase: job.state === "queued" ? "waiting for its turn" : "" });
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const next = await client.job(begun.id);
      if (!next)
        throw new Error(
          `the agent was started anew in the middle of it and knows the job no more: what was not whole is not listed. See npx pulumi-dr backups, and ask again`,
        );
      job = next;
      silentSince = undefined;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      silentSince ??= Date.now();
      if (Date.now() - silentSince >= patienceMs)
        throw new Error(
          `${error.message} in the middle of it, and what came of job ${begun.id} is not known. See npx pulumi-dr status, and npx pulumi-dr backups once it answers`,
          { cause: error },
        );
    }
  }
  return job;
}
