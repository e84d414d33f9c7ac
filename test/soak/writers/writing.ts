import type { Random } from "../../helpers/random";
import { checksumOf, type Item } from "../ledger";

/** Something that writes to one source all the time. */
export interface Writer {
  readonly source: string;
  /** Writes that the source said it has. */
  readonly acknowledged: () => number;
  /** Writes that it refused or did not answer. */
  readonly refused: () => number;
  /** Waits until the write that is under way has ended, and writes no more. */
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
}

/** Calls `write` again and again, one at a time. */
export function writing(
  everyMs: number,
  write: () => Promise<void>,
): Pick<Writer, "acknowledged" | "refused" | "pause" | "resume" | "stop"> {
  let [acknowledged, refused, isPaused, isStopped] = [0, 0, false, false];
  let wake = () => {};
  let writingNow: Promise<void> = Promise.resolve();
  const done = (async () => {
    while (!isStopped) {
      if (isPaused) await new Promise<void>((resolve) => (wake = resolve));
      else await busy();
      if (!isStopped && !isPaused) await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  function busy(): Promise<void> {
    return (writingNow = write().then(
      () => void acknowledged++,
      () => void refused++,
    ));
  }
  return {
    acknowledged: () => acknowledged,
    refused: () => refused,
    async pause() {
      isPaused = true;
      await writingNow;
    },
    resume() {
      isPaused = false;
      wake();
    },
    async stop() {
      isStopped = true;
      wake();
      await done;
    },
  };
}

/** Numbered items of one source, with the time of each. */
export class Items {
  readonly all: Item[] = [];

  constructor(private readonly random: Random) {}

  /** Hands the next item out to be written, and notes when the writing of it was acknowledged. */
  async write(store: (n: number, body: string, checksum: string) => Promise<unknown>): Promise<void> {
    const n = this.all.length + 1;
    // The first is so large that all that follow change the size of a backup little.
    const words = n === 1 ? 100_000 : this.random.between(4, 40);
    const body = `${n} ${Array.from({ length: words }, () => this.random.next().toString(36).slice(2)).join("")}`;
    const item: Item = { n, checksum: checksumOf(body), sentMs: Date.now() };
    this.all.push(item);
    await store(n, body, item.checksum);
    item.ackMs = Date.now();
  }
}
