import type { DataEntry } from "../../plan";
import type { BackupRequest } from "../contract";
import type { Continuous } from "../sources/continuous";
import { PhysicalPostgresql } from "../sources/postgresql-physical";
import type { ResticRepository } from "../repository/restic";
import { backUp, BackupError } from "./backup";
import { lookAt } from "./look";
import type { Queue } from "./queue";
import { dueAt, retryAfter, tasksOf, type Task } from "./schedule";
import type { Named, Setup } from "./setup";
import { verifyByRestore, verifyIntegrity } from "./verify";

/** Something that is to be done, and what is known of it. */
interface Duty {
  readonly source: Named;
  readonly kind: Task["kind"];
  /** When it fell due; undefined: not yet. */
  readonly due: (now: Date) => Date | undefined;
  readonly trigger: BackupRequest["trigger"];
  /** Repositories that still want this backup: those that have it are left alone by the next try. */
  left: readonly ResticRepository[] | undefined;
  failures: number;
  notBefore: number;
  /** Seconds after which it is tried again at the latest.  @default - as `retryAfter` says */
  readonly patience?: number;
  isBusy: boolean;
  done: (at: Date) => void;
}

export interface Scheduler {
  readonly start: () => void;
  readonly stop: () => void;
  readonly look: () => Promise<void>;
}

const TICK_MS = 1_000;
const ASK_AGAIN_MS = 5_000;
const LATE_SECONDS = 60;

/** Does what falls due by the plan, and tries again what failed. */
export function createScheduler(setup: Setup, queue: Queue): Scheduler {
  const { log, journal, permission } = setup;
  const duties = new Set<Duty>();
  let timer: NodeJS.Timeout | undefined;

  function dutiesOf(source: Named): void {
    const backups = Object.values(journal.known.get(source.name) ?? {}).flatMap((known) => known ?? []);
    const state = { left: undefined, failures: 0, notBefore: 0, isBusy: false };
    for (const task of tasksOf(source.name, source.entry)) {
      const done = backups.filter(({ backup }) => backup.type === task.kind);
      let last =
        done.length === 0
          ? journal.since
          : new Date(Math.max(...done.map(({ backup }) => Date.parse(backup.startedAt))));
      const due = (now: Date) => dueAt(task, last, now);
      duties.add({ ...state, source, kind: task.kind, trigger: "schedule", due, done: (at) => void (last = at) });
    }
    if (source.continuous) duties.add({ ...state, ...copyAsItChanges(source, source.continuous) });
    // A site that has just become the writer has no backup of its own history yet: that cannot wait for the night.
    const kind = source.source instanceof PhysicalPostgresql ? "incr" : "full";
    // Nor can a copy that has nothing: an agent may have ended between the two.
    const empty = source.repositories.filter(({ name }) => journal.known.get(source.name)?.[name]?.length === 0);
    if (kind === "full" && backups.length > 0 && empty.length === 0) return;
    const now = new Date();
    const once: Duty = {
      ...state,
      ...(kind === "full" && backups.length > 0 ? { left: empty } : {}),
      source,
      kind,
      trigger: "start",
      due: () => now,
      done: () => void duties.delete(once),
    };
    duties.add(once);
  }

  /** Files that are copied as they change: what is in every repository counts as copied. */
  function copyAsItChanges(source: Named, continuous: Continuous) {
    const newest = source.repositories.map(
      ({ name }) => journal.known.get(source.name)?.[name]?.at(-1)?.backup.startedAt,
    );
    const copiedAt = newest.every((at) => at !== undefined)
      ? new Date(Math.min(...newest.map((at) => Date.parse(at))))
      : undefined;
    continuous.start({ copiedAt, onFault: (reason) => log.warn("watch-incomplete", { source: source.name, reason }) });
    const [due, done] = [(now: Date) => continuous.due(now), (at: Date) => continuous.done(at)];
    const { replicateLag } = source.entry as Extract<DataEntry, { readonly engine: "files" }>;
    return { source, kind: "incr", trigger: "change", due, done, patience: replicateLag / 2 } as const;
  }

  function tick(): void {
    const now = new Date();
    for (const duty of duties) {
      if (duty.isBusy || now.getTime() < duty.notBefore) continue;
      const due = duty.due(now);
      if (!due) continue;
      duty.isBusy = true;
      void run(duty, due, now)
        .catch((error: Error) => log.error("duty-failed", { source: duty.source.name, reason: error.message }))
        .finally(() => (duty.isBusy = false));
    }
  }

  async function run(duty: Duty, due: Date, now: Date): Promise<void> {
    const { source, kind, trigger } = duty;
    const isProof = kind === "integrity" || kind === "restore";
    if (!isProof && !(await mayWrite(duty))) return;
    const begun = queue.begin(isProof ? "verify" : "backup", [source.name], async (work) => {
      if (kind === "integrity") return verifyIntegrity(setup, source, work);
      if (kind === "restore") return verifyByRestore(setup, source, work);
      try {
        // A repository that has an older state of files that change has not all of them.
        const into = trigger === "change" ? source.repositories : (duty.left ?? source.repositories);
        await backUp(setup, source, { type: kind, trigger }, into, work);
      } catch (error) {
        if (error instanceof BackupError) duty.left = error.failed;
        throw error;
      }
    });
    if ("busy" in begun) return; // at the next tick, then
    const late = Math.round((now.getTime() - due.getTime()) / 1000);
    if (late > LATE_SECONDS && duty.failures === 0 && trigger !== "change")
      log.warn("run-missed", { source: source.name, kind, due: due.toISOString(), lateSeconds: late });
    const { state } = await begun.ended;
    if (state === "succeeded") {
      Object.assign(duty, { failures: 0, left: undefined });
      return duty.done(now);
    }
    duty.notBefore = Date.now() + Math.min(retryAfter(++duty.failures), (duty.patience ?? Infinity) * 1000);
  }

  /** A site that is not live has no backups to take: that is no failure, and is told once. */
  async function mayWrite(duty: Duty): Promise<boolean> {
    const before = permission.refusal();
    // Who is live cannot be told: then the job says so, and counts as failed.
    const refusal = await permission.ask().catch(() => undefined);
    if (refusal !== before)
      log.info(refusal === undefined ? "live" : "not-live", refusal === undefined ? {} : { reason: refusal });
    if (refusal !== undefined) duty.notBefore = Date.now() + ASK_AGAIN_MS;
    return refusal === undefined;
  }

  async function look(): Promise<void> {
    await permission.ask().catch(() => {}); // the next backup says why
    for (const source of setup.sources) await queue.look(source.name, () => lookAt(setup, source));
  }

  return {
    look,
    start() {
      for (const source of setup.sources)
        void queue
          .look(source.name, () => lookAt(setup, source))
          .catch((error: Error) => log.error("look-failed", { source: source.name, reason: error.message }))
          .finally(() => dutiesOf(source));
      timer = setInterval(tick, TICK_MS);
    },
    stop() {
      clearInterval(timer);
      for (const { continuous } of setup.sources) void continuous?.stop();
    },
  };
}
