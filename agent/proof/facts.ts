import type { Plan } from "../../plan";
import type { Known } from "../contract";
import type { Certificate } from "../sources/configuration";

export type Rules = Plan["alerts"]["rules"];

/** A rule that does not hold just now. How long that is borne, and who is told, is for others to say. */
export interface Finding {
  readonly rule: keyof Rules | "walGap";
  /** A source, or for `backupSpace` a repository. */
  readonly source: string;
  readonly severity: Rules["backupAge"]["severity"];
  readonly value: number;
  readonly threshold: number;
  /** ISO 8601. */
  readonly since: string;
  /** For a person. */
  readonly reason: string;
}

/** One try at a backup, whatever came of it. */
export interface Attempt {
  readonly at: string;
  readonly ok: boolean;
  readonly reason?: string;
}

export interface SourceFacts {
  readonly source: string;
  /** What each repository knows of it; absent for one that could not be read. */
  readonly repositories: Readonly<Record<string, readonly Known[] | undefined>>;
  readonly attempts: readonly Attempt[];
  /** Since when it is to be protected: the agent's first start. */
  readonly since: string;
  /** A backup smaller than this is broken: `verify.minSize`. */
  readonly minSize: number;
  /** WAL that is missing between a kept backup and now.  @default - none, or it has no WAL */
  readonly walGap?: { readonly since: string; readonly missing: readonly string[] };
  /** Absent where they could not be read. */
  readonly certificates?: readonly Certificate[];
}

export interface RepositoryFacts {
  readonly name: string;
  /** Absent where the store does not say. */
  readonly freeBytes?: number;
  /** Since when it cannot be reached or read, and why. */
  readonly fault?: { readonly since: string; readonly reason: string };
}

export interface Facts {
  readonly sources: readonly SourceFacts[];
  readonly repositories: readonly RepositoryFacts[];
}
