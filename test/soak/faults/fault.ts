import type { Holds } from "../holds";
import type { Journal } from "../journal";
import type { Ledgers } from "../oracle/judge";
import type { Random } from "../../helpers/random";
import type { System } from "../system";
import type { Said, Verified, Watch } from "../watch";
import type { TreeWriter } from "../writers/files";

export interface FaultContext {
  readonly system: System;
  readonly watch: Watch;
  readonly holds: Holds;
  readonly journal: Journal;
  readonly random: Random;
  readonly ledgers: Ledgers & { readonly uploads: TreeWriter };
}

/** A fault that is there now. */
export interface Injected {
  /** What was done to what. */
  readonly what: string;
  /** Whether what the agent said can be about it. */
  readonly tells: (said: Said) => boolean;
  /** Whether it must be told before it is healed, because it does not go by itself.  @default false */
  readonly mustTell?: boolean;
  /** Whether what was hurt is needed no more, such as by retention: then nobody has to tell of it.  @default - never */
  readonly isMoot?: () => Promise<boolean>;
  /** How long it lasts at least, in seconds.  @default 0 */
  readonly lasts?: number;
  /** Undoes it, as an operator would. */
  readonly heal: () => Promise<void>;
  /** What must be verified after it, each once, before it counts as healed. */
  readonly proof: readonly Pick<Partial<Verified>, "source" | "repository">[];
}

export interface Fault {
  readonly name: string;
  /** One of each lane at a time: whatever kills processes, and whatever hurts what is kept. */
  readonly lane: "process" | "repository";
  /** Why it cannot be injected on this machine; undefined: it can. */
  readonly missing?: (system: System) => string | undefined;
  /** Undefined: there is nothing to hurt just now. */
  readonly inject: (context: FaultContext) => Promise<Injected | undefined>;
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is yes; false when the time is over. */
export async function holdsWithin(withinMs: number, ask: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + withinMs; ; await pause(200)) {
    if (await ask()) return true;
    if (Date.now() > end) return false;
  }
}
