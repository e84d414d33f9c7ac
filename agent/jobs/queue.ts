import type { Job } from "../api/ports";
import type { Progress } from "../contract";

/** What a job is told and says while it works. */
export interface Work {
  readonly onProgress: (progress: Progress) => void;
  /** A backup that it made, restored or proved. */
  readonly onBackup: (id: string) => void;
  /** Throws once the agent is ending: to be called before each step that would begin or publish something. */
  readonly refuseIfEnding: () => void;
}

/** What runs just now. A `look` only reads what the repositories hold. */
export interface Running {
  readonly kind: Job["kind"] | "look";
  readonly sources: readonly string[];
  readonly progress?: Progress;
}

export interface QueueEvents {
  readonly onStarted: (job: Job) => void;
  /** Of each that was started. */
  readonly onEnded: (job: Job) => void;
}

/**
 * One thing at a time, because the agent shares the machine with the data that it protects. Whoever wants a restore waits for
 * what runs, and for nothing else.
 */
export interface Queue {
  /** Begins long work, unless one of its sources has something to do already. Only what runs is in the way of a restore. */
  readonly begin: (kind: Job["kind"], sources: readonly string[], work: (on: Work) => Promise<void>) => Begun;
  /** Has its turn like a job, and is none that anybody follows. */
  readonly look: <T>(source: string, work: () => Promise<T>) => Promise<T>;
  readonly job: (id: string) => Job | undefined;
  readonly running: () => Running | undefined;
  /** Takes no more, lets go of what waits; resolves once what runs has ended. */
  readonly end: () => Promise<void>;
}

export type Begun = { readonly job: Job; readonly ended: Promise<Job> } | { readonly busy: Job };

/** The agent is ending: what was begun is rolled back, and nobody is to be told that it failed. */
export class EndingError extends Error {
  constructor() {
    super("the agent is ending; what was begun is rolled back");
  }
}

/** Ended jobs that are remembered, so that whoever asked can see what came of theirs. */
const REMEMBERED = 1_000;

export function createQueue({ onStarted, onEnded }: QueueEvents, redact: (text: string) => string): Queue {
  const jobs = new Map<string, Job>();
  const waiting: { readonly isUrgent: boolean; readonly go: () => void }[] = [];
  const unfinished = new Set<Promise<unknown>>();
  let isTaken = false;
  let current: (() => Running) | undefined;
  let isEnding = false;
  let count = 0;

  const refuseIfEnding = () => {
    if (isEnding) throw new EndingError();
  };
  function next(): void {
    if (isTaken || waiting.length === 0) return;
    const urgent = waiting.findIndex(({ isUrgent }) => isUrgent);
    isTaken = true;
    waiting.splice(Math.max(0, urgent), 1)[0]!.go();
  }
  async function turnOf<T>(isUrgent: boolean, running: () => Running, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((go) => {
      waiting.push({ isUrgent, go });
      next();
    });
    try {
      refuseIfEnding();
      current = running;
      return await work();
    } finally {
      current = undefined;
      isTaken = false;
      next();
    }
  }
  function inTurn<T>(isUrgent: boolean, running: () => Running, work: () => Promise<T>): Promise<T> {
    const done = turnOf(isUrgent, running, work);
    unfinished.add(done);
    const settled = () => void unfinished.delete(done);
    done.then(settled, settled);
    return done;
  }
  const change = (id: string, fields: Partial<Job>): Job => {
    const job = { ...jobs.get(id)!, ...fields };
    jobs.set(id, job);
    return job;
  };
  function forgetOld(): void {
    const old = [...jobs.values()].filter(isOver).slice(0, -REMEMBERED);
    for (const { id } of old) jobs.delete(id);
  }

  return {
    begin(kind, sources, work) {
      refuseIfEnding();
      const inTheWay = [...jobs.values()].find(
        (job) => !isOver(job) && !givesWay(job, kind) && job.sources.some((one) => sources.includes(one)),
      );
      if (inTheWay) return { busy: inTheWay };
      const id = `${kind}-${Date.now().toString(36)}-${++count}`;
      const job: Job = { id, kind, sources, state: "queued", askedAt: new Date().toISOString() };
      jobs.set(id, job);
      const running = () => {
        const { progress } = jobs.get(id)!;
        return { kind, sources, ...(progress ? { progress } : {}) };
      };
      const on: Work = {
        refuseIfEnding,
        onProgress: (progress) => void change(id, { progress }),
        onBackup: (backup) => void change(id, { backups: [...new Set([...(jobs.get(id)!.backups ?? []), backup])] }),
      };
      const end = (fields: Partial<Job>) => {
        forgetOld();
        return change(id, { ...fields, endedAt: new Date().toISOString() });
      };
      const failed = (error: Error) => end({ state: "failed", error: redact(error.message) });
      const ended = inTurn(kind === "restore", running, async () => {
        onStarted(change(id, { state: "running" }));
        const job = await work(on).then(() => end({ state: "succeeded" }), failed);
        onEnded(job);
        return job;
      }).catch(failed); // it never had its turn
      return { job, ended };
    },
    look: (source, work) => inTurn(false, () => ({ kind: "look", sources: [source] }), work),
    job: (id) => jobs.get(id),
    running: () => current?.(),
    end() {
      isEnding = true;
      return Promise.allSettled(unfinished).then(() => {});
    },
  };
}

const givesWay = ({ kind, state }: Job, to: Job["kind"]) =>
  to === "restore" && kind !== "restore" && state === "queued";
const isOver = ({ state }: Job) => state === "succeeded" || state === "failed";
