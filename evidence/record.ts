import { createHash } from "node:crypto";
import type { Status } from "./state";

/** One step of a long task, done. */
export interface Step {
  readonly name: string;
  readonly seconds: number;
}

/** Who ran a command, as far as the machine and the environment say. */
export interface Who {
  /** The system's user and machine. */
  readonly user: string;
  readonly host: string;
  /** The person behind `sudo`. */
  readonly sudo?: string;
  /** `DR_OPERATOR`, where given. */
  readonly operator?: string;
  /** The person and the address of a CI's run. */
  readonly actor?: string;
  readonly run?: string;
}

/** What every record says, whichever it is. */
interface Head {
  readonly format: typeof FORMAT;
  /** 1 for the first record; else one more than the newest of `previous`. */
  readonly sequence: number;
  /** Hashes of the records that this one follows: one as a rule, several where copies had gone different ways. */
  readonly previous: readonly string[];
  /** UTC, ISO 8601, by the clock of `who.host`. */
  readonly at: string;
  readonly plan: string;
  /** As typed, without `pulumi-dr` and options: `failover`, `drill region-loss`. */
  readonly command: string;
  readonly who: Who;
}

/** Written before the first change. */
export interface Begun extends Head {
  readonly phase: "begun";
  /** Options and arguments, without secrets. */
  readonly asked: Readonly<Record<string, Json | undefined>>;
  /** The word that was typed, or `--yes`; and the consequence that was shown with it. */
  readonly confirmed: { readonly word: string; readonly shown: string };
  /** What decided it, where no person did. */
  readonly saw?: Json;
  /** Revision of the project's files, `-dirty` if they differ from it. */
  readonly revision?: string;
  /** Roles and epochs as the engines said them. */
  readonly before?: Status;
  /** Records that copies lacked and were given just before, by site. */
  readonly caughtUp?: Readonly<Record<string, number>>;
}

/** Written after the last change, whatever came of it. */
export interface Ended extends Head {
  readonly phase: "ended";
  /** Hash of the record that began it. */
  readonly of: string;
  /** `missed`: all was done, and an objective of the plan was not met. */
  readonly result: "ok" | "missed" | "failed";
  readonly error?: string;
  readonly steps: readonly Step[];
  /** What was measured, in seconds where it is time: RTO, RPO, rows lost. */
  readonly measured?: Readonly<Record<string, Json>>;
  /** What `up` warned of, in its words: what is lost, and up to where. */
  readonly warned?: readonly string[];
  readonly after?: Status;
  readonly caughtUp?: Readonly<Record<string, number>>;
}

export type EvidenceRecord = Begun | Ended;
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

export const FORMAT = "pulumi-dr/evidence/1";

/** A record with the hash that names it: SHA-256 of its line, as `sha256sum` prints it for the file. */
export interface Sealed<T extends EvidenceRecord = EvidenceRecord> {
  readonly hash: string;
  readonly line: string;
  readonly record: T;
}

export function seal<T extends EvidenceRecord>(record: T): Sealed<T> {
  const line = `${canonical(record)}\n`;
  return { hash: hashOf(line), line, record: JSON.parse(line) as T };
}

export const hashOf = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Sorts by number, and says at once which record a file must hold. */
export const fileOf = ({ hash, record }: Pick<Sealed, "hash" | "record">) =>
  `${String(record.sequence).padStart(8, "0")}-${hash}.json`;

export const FILE = /^(\d{8,})-([0-9a-f]{64})\.json$/;

/**
 * What a record's bytes say.
 * @throws Error if they are no record of this format, in canonical form
 */
export function open(bytes: Buffer): Sealed {
  const line = bytes.toString("utf8");
  const record = JSON.parse(line) as EvidenceRecord;
  const whole =
    (record.format as string) === FORMAT &&
    Number.isSafeInteger(record.sequence) &&
    Array.isArray(record.previous) &&
    record.previous.every((hash) => typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash)) &&
    typeof record.at === "string" &&
    !Number.isNaN(Date.parse(record.at)) &&
    typeof record.command === "string" &&
    (record.phase === "begun" || (record.phase === "ended" && typeof record.of === "string"));
  if (!whole) throw new Error(`it is no record of the format ${FORMAT}`);
  if (`${canonical(record)}\n` !== line) throw new Error("its JSON is not in canonical form");
  return { hash: hashOf(bytes), line, record };
}

/** JSON in the one form that RFC 8785 gives it: keys in order, no space, numbers as ECMAScript writes them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(",")}]`;
  if (typeof value === "string") return JSON.stringify(Buffer.from(value).toString()); // no half of a surrogate pair
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`JSON has no number ${value}`);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(",")}}`;
}
