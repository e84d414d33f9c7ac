import type * as journal from "../helpers/journal";

/** What must not happen. */
type Kind =
  "lost" | "damaged" | "two writers" | "untrue ok" | "history" | "not archived" | "not healed" | "stuck" | "tester";

export type ChaosJournal = journal.Journal<Kind>;
export type Violation = journal.Violation<Kind>;
