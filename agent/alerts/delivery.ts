import { setTimeout as sleep } from "node:timers/promises";
import type { Deliver } from "./channels";
import { DeliveryError } from "./http";
import type { Queued } from "./outbox";
import { delayAfter, FAILING_AFTER, GIVE_UP_AFTER, MAX_WAITING } from "./retry";

export interface DeliveryDeps {
  readonly channels: ReadonlyMap<string, Deliver>;
  /** It has left the queue: delivered, or dropped for a reason. */
  readonly onSettled: (item: Queued, dropped?: string) => void;
  readonly onAttempt: (channel: string, error: Error | undefined) => void;
  /** A channel fails again and again, for this reason; or it delivers. */
  readonly onHealth: (channel: string, reason: string | undefined) => void;
  readonly now: () => number;
  readonly random: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Delivery {
  readonly push: (items: readonly Queued[]) => void;
  readonly pending: (channel: string) => number;
  /** Once nothing is under way any more; what waits for another attempt is not waited for. */
  readonly settled: () => Promise<void>;
  /** Stops all attempts; what was not delivered stays in the outbox. */
  readonly close: () => Promise<void>;
}

export const realWait = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal, ref: false });

/** Each channel has its own queue, in order, so that one that hangs holds up no other. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  const stop = new AbortController();
  const queues = new Map(
    [...deps.channels].map(([name, deliver]) => [name, startQueue(name, deliver, deps, stop.signal)]),
  );
  return {
    push(items) {
      for (const item of items) {
        const queue = queues.get(item.channel);
        if (queue) queue.push(item);
        else deps.onSettled(item, "the plan no longer has this channel");
      }
    },
    pending: (channel) => queues.get(channel)?.pending() ?? 0,
    settled: async () => void (await Promise.all([...queues.values()].map(({ settled }) => settled()))),
    async close() {
      stop.abort();
      await Promise.all([...queues.values()].map(({ ended }) => ended()));
    },
  };
}

function startQueue(name: string, deliver: Deliver, deps: DeliveryDeps, signal: AbortSignal) {
  let waiting: Queued[] = [];
  let running: Promise<void> | undefined;
  let failures = 0;
  const idle: (() => void)[] = [];
  let isAttempting = false;

  const drop = (item: Queued, reason: string) => {
    waiting = waiting.filter((other) => other !== item);
    deps.onSettled(item, reason);
  };
  const rest = () => {
    isAttempting = false;
    for (const resolve of idle.splice(0)) resolve();
  };

  async function attempt(item: Queued): Promise<number> {
    try {
      await deliver(item.message);
    } catch (caught) {
      const error = caught instanceof Error ? caught : new Error(String(caught));
      deps.onAttempt(name, error);
      if (++failures === FAILING_AFTER) deps.onHealth(name, error.message);
      return delayAfter(failures, deps.random(), error instanceof DeliveryError ? error.retryAfter : undefined);
    }
    deps.onAttempt(name, undefined);
    waiting = waiting.filter((other) => other !== item);
    deps.onSettled(item);
    failures = 0;
    deps.onHealth(name, undefined);
    return 0;
  }

  async function run(): Promise<void> {
    for (let item = waiting[0]; item && !signal.aborted; item = waiting[0]) {
      if (deps.now() - item.queuedAt > GIVE_UP_AFTER) {
        drop(item, "could not be delivered for 24h");
        continue;
      }
      isAttempting = true;
      const delay = await attempt(item);
      if (delay === 0) continue;
      rest();
      await deps.wait(delay, signal).catch(() => {}); // aborted: the loop sees it
    }
  }

  function push(item: Queued): void {
    const isOlder = ({ message }: Queued) => message.kind === "repeat" && message.incident === item.message.incident;
    const [, ...behind] = waiting; // the first may be on its way
    for (const old of behind.filter(isOlder)) drop(old, "a newer message about the same incident waits");
    waiting = [...waiting, item];
    if (waiting.length > MAX_WAITING) drop(waiting[1]!, `more than ${MAX_WAITING} messages wait`);
    start();
  }

  function start(): void {
    running ??= run().finally(() => {
      running = undefined;
      rest();
      if (waiting.length > 0 && !signal.aborted) start(); // came in just as the last one left
    });
  }

  return {
    push,
    pending: () => waiting.length,
    settled: () => (isAttempting ? new Promise<void>((resolve) => idle.push(resolve)) : Promise.resolve()),
    ended: () => running ?? Promise.resolve(),
  };
}
