import type * as journal from "../helpers/journal";

/** What a soak can find. */
type Kind = "wrongly reported" | "not reported" | "not healed" | "lost" | "secret told" | "left behind" | "tester";

export type Journal = journal.Journal<Kind>;
export type Violation = journal.Violation<Kind>;
