import { lookAt } from "./continuous/changes";
import { Watches } from "./continuous/watches";

export interface ContinuousOptions {
  /** Files and folders, absolute. */
  readonly paths: readonly string[];
  /** How far copies may fall behind, in seconds: the plan's `replicateLag`. */
  readonly mayLag: number;
}

export interface StartOptions {
  /** Start of the newest copy that every repository holds.  @default - there is none: all is to be copied */
  readonly copiedAt?: Date | undefined;
  /** Told once when not everything can be watched, and why: changes are found by looking then. */
  readonly onFault?: (reason: string) => void;
}

const LONGEST_SETTLE_MS = 10_000;
const SHORTEST_LOOK_MS = 1_000;

/**
 * Knows which changes of files are not copied yet, and since when. The kernel tells of them; a look at everything, four
 * times in the lag that the plan allows, finds what it does not tell. Whoever copies asks what is {@link due}, and says what
 * is {@link done}.
 */
export class Continuous {
  private readonly watches = new Watches(() => this.changed(new Date()));
  /** The oldest and the newest change that are in no finished copy. */
  private pending: { readonly first: Date; readonly last: Date } | undefined;
  private copiedAt: Date | undefined;
  private looking: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private told: string | undefined;

  private onFault: (reason: string) => void = () => {};

  constructor(private readonly options: ContinuousOptions) {}

  start({ copiedAt, onFault = this.onFault }: StartOptions = {}): void {
    this.copiedAt = copiedAt;
    this.onFault = onFault;
    if (this.copiedAt === undefined) this.changed(new Date());
    this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
    this.watches.close();
  }

  /**
   * Since when a copy is wanted; undefined: none is. It is a tenth of the lag that the plan allows (at most 10 s) after the
   * first change, so that a burst is one copy, and a file that never rests is copied all the same.
   */
  due(now: Date): Date | undefined {
    const since = this.pending?.first;
    const settle = Math.min(this.options.mayLag * 100, LONGEST_SETTLE_MS);
    return since && now.getTime() - since.getTime() >= settle ? since : undefined;
  }

  /** A copy of everything that began at `began` is in every repository. */
  done(began: Date): void {
    this.copiedAt = began;
    if (this.pending) {
      const { first, last } = this.pending;
      this.pending = last > began ? { first: first > began ? first : began, last } : undefined;
    }
    this.look(); // at what was made in new folders meanwhile, which nobody watched
  }

  /** When the oldest change was made that is not in every repository; undefined: all are. */
  pendingSince(): Date | undefined {
    return this.pending?.first;
  }

  /** Age of that change in seconds; 0: all are copied. */
  lagSeconds(now = new Date()): number {
    return this.pending ? Math.max(0, (now.getTime() - this.pending.first.getTime()) / 1000) : 0;
  }

  private changed(first: Date, last = first): void {
    const known = this.pending ?? { first, last };
    this.pending = { first: first < known.first ? first : known.first, last: last > known.last ? last : known.last };
  }

  private look(): void {
    clearTimeout(this.timer);
    this.looking = this.looking.then(async () => {
      if (this.stopped) return;
      const began = Date.now();
      const since = this.copiedAt;
      this.watches.begin();
      const found = await lookAt(this.options.paths, since ?? new Date(), (place) => this.watches.add(place));
      this.watches.end();
      const { fault } = this.watches;
      if (fault !== undefined && fault !== this.told) this.onFault(fault);
      this.told = fault;
      // What a copy took meanwhile is for the look that follows it.
      if (found && since === this.copiedAt) this.changed(found.oldest, found.newest);
      clearTimeout(this.timer);
      // What takes long to look at is looked at less often.
      const wait = Math.max(this.options.mayLag * 250, SHORTEST_LOOK_MS, (Date.now() - began) * 10);
      if (!this.stopped) this.timer = setTimeout(() => this.look(), wait);
    });
  }
}
