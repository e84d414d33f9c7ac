import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { createRedactor, type Redactor } from "../../agent/redaction";
import { commonsOf } from "../../components/local/place";
import type { Progress } from "../progress";
import type { Project } from "../project";
import { readStatus, type Status } from "../status";
import { append, type Appended, type Link } from "./append";
import { placesOf } from "../../evidence/copies";
import { FORMAT, type Begun, type Ended, type EvidenceRecord } from "../../evidence/record";
import { revisionOf, whoRuns } from "./who";

export interface Context {
  readonly project: Project;
  /** Its steps and their times go into the record. */
  readonly progress: Progress;
}

/** What a command is about to do, once it was confirmed. */
export interface What<T> {
  /** As typed, without `pulumi-dr` and options: `failover`, `drill region-loss`. */
  readonly command: string;
  /** Options and arguments by name. Known secrets are hidden; do not hand any in. */
  readonly asked: Begun["asked"];
  readonly confirmed: Begun["confirmed"];
  /** Who acts, where it is no person.  @default - whoever runs the command */
  readonly by?: string;
  /** What was seen that decided it, where nobody was asked.  @default - nothing: a person decided */
  readonly saw?: Begun["saw"];
  /** Roles and epochs before.  @default - read from the engines */
  readonly before?: Status;
  /** What to say of the work's value.  @default - `ok`, and the engines' state as read after it */
  readonly outcome?: (value: T) => Partial<Pick<Ended, "result" | "measured" | "after" | "warned">>;
}

export interface Recorded<T> {
  readonly value: T;
  /** Hash of the newest record, for a ticket or a log outside: `evidence verify --head` proves the chain up to it. */
  readonly head: string | null;
}

/**
 * Does a command's work between two records of evidence: `begun` before the first change, `ended` after the last one or
 * when it failed. What the work throws is thrown. Evidence that cannot be written warns loudly and stops nothing.
 */
export async function recorded<T>(
  { project, progress }: Context,
  what: What<T>,
  work: () => Promise<T>,
): Promise<Recorded<T>> {
  const { command, asked, confirmed, outcome, by, saw } = what;
  const { name: plan } = project.plan;
  const write = <R extends EvidenceRecord>(make: (clean: Clean, link: Link) => R): Appended<R> | undefined => {
    const redactor = redactorFor(project);
    const warn = (text: string) => progress.say(`evidence: ${redactor.text(text)}`);
    try {
      return append(placesOf(project), plan, (link) => make((said) => redactor.clean(said) as typeof said, link), warn);
    } catch (error) {
      warn(`NOT WRITTEN: ${(error as Error).message}. The recovery goes on`);
      return undefined;
    }
  };
  const who = { ...whoRuns(), ...(by === undefined ? {} : { operator: by }) };
  const head = () => ({ format: FORMAT, at: new Date().toISOString(), plan, command, who }) as const;

  const before = what.before ?? (await stateOf(project));
  const revision = revisionOf(project.folder);
  const begun = write<Begun>((clean, link) => ({
    ...{ ...head(), ...link, phase: "begun", ...clean({ asked, confirmed, saw, before, revision }) },
  }));

  const end = async (how: Pick<Ended, "result"> & Partial<Ended>): Promise<string | null> => {
    const after = how.after ?? (await stateOf(project));
    const steps = [...progress.steps];
    const of = begun?.sealed.hash ?? "unknown";
    const ended = write<Ended>((clean, link) => ({
      ...{ ...head(), ...link, phase: "ended", of, ...clean({ ...how, steps, after }) },
    }));
    const last = ended ?? begun;
    if (!last) return null;
    const { sealed, at } = last;
    progress.say(`\nevidence: record ${sealed.record.sequence} at ${at.join(", ") || "no place"}, ${sealed.hash}`);
    return sealed.hash;
  };

  let value: T;
  try {
    value = await work();
  } catch (error) {
    await end({ result: "failed", error: cut((error as Error).message) });
    throw error;
  }
  return { value, head: await end({ result: "ok", ...outcome?.(value) }) };
}

type Clean = <C>(said: C) => C;

const stateOf = (project: Project) => readStatus(project).catch(() => undefined);

const MOST_BYTES = 4_000;
const cut = (text: string) =>
  Buffer.byteLength(text) <= MOST_BYTES ? text : `${Buffer.from(text).subarray(0, MOST_BYTES).toString()} …`;

/** Hides the plan's secrets by value, should an engine's error ever name one. */
function redactorFor({ location, plan, platform }: Project): Redactor {
  const { keysFolder, secretsFolder } = commonsOf({ location, plan: plan.name });
  const folders = platform === "local" ? [keysFolder, secretsFolder] : [];
  return createRedactor(
    folders.flatMap((folder) => {
      try {
        return readdirSync(folder).map((file) => readFileSync(path.join(folder, file), "utf8").trim());
      } catch {
        return []; // nothing is there yet, or it is not this user's to read: then it cannot be in an error either
      }
    }),
  );
}
