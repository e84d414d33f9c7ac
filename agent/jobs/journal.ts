import { appendFileSync, existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { own } from "../../engines/files";
import type { Known } from "../contract";
import type { Attempt } from "../proof/rules";

interface Since {
  readonly since: string;
}

interface Fault extends Since {
  readonly reason: string;
  /** What it was found by: one that cannot be written may still be read. */
  readonly while: "reading" | "writing";
}

/** What an agent has seen: tries, kept over a restart; and what repositories said when they were last asked. */
export class Journal {
  readonly since = new Date();
  readonly attempts = new Map<string, readonly Attempt[]>();
  /** By source: what each repository knows of it; undefined for one that could not be read. */
  readonly known = new Map<string, Readonly<Record<string, readonly Known[] | undefined>>>();
  /** Repositories that cannot be used. */
  readonly faults = new Map<string, Fault>();
  /** WAL that is missing, by source. */
  readonly gaps = new Map<string, Since & { readonly missing: readonly string[] }>();
  private readonly file: string;

  constructor(folder: string) {
    this.file = path.join(folder, "attempts.jsonl");
    if (!existsSync(this.file)) return;
    for (const line of readFileSync(this.file, "utf8").split("\n").filter(Boolean)) {
      try {
        const { source, ...attempt } = JSON.parse(line) as Attempt & { source: string };
        this.add(source, attempt);
      } catch {
        // the last line of a process that was killed
      }
    }
  }

  note(source: string, what: Omit<Attempt, "at">): void {
    const attempt = { at: new Date().toISOString(), ...what };
    this.add(source, attempt);
    appendFileSync(this.file, `${JSON.stringify({ source, ...attempt })}\n`, { mode: 0o640 });
    own(this.file); // a command that root gives writes to it too
  }

  noteFault(repository: string, when: Fault["while"], reason: string): void {
    const since = this.faults.get(repository)?.since ?? new Date().toISOString();
    this.faults.set(repository, { since, while: when, reason });
  }

  /** What was written was read back as well. */
  clearFault(repository: string, done: Fault["while"]): void {
    if (done === "writing" || this.faults.get(repository)?.while === "reading") this.faults.delete(repository);
  }

  noteGap(source: string, missing: readonly string[]): void {
    if (missing.length === 0) this.gaps.delete(source);
    else this.gaps.set(source, { since: this.gaps.get(source)?.since ?? new Date().toISOString(), missing });
  }

  private add(source: string, attempt: Attempt): void {
    this.attempts.set(source, [...(this.attempts.get(source) ?? []), attempt]);
  }
}
