import type { entryOf } from "../../agent/api/history";
import type { Job } from "../../agent/api/ports";
import { UsageError } from "../project";
import { refusalOf, type Problem } from "./refusal";
import type { Answer, Send } from "./send";

export type { Job };
/** A backup as the API shows it. */
export type Entry = ReturnType<typeof entryOf>;

export interface HistoryQuery {
  readonly source?: string;
  readonly state?: Entry["state"];
  /** ISO 8601: begun then or before. */
  readonly to?: string;
  /** At most so many.  @default - all */
  readonly limit?: number;
}

export interface RestoreOrder {
  readonly backupId: string;
  /** @default - the source itself */
  readonly target?: string;
  /** The target's name, as a person typed it. */
  readonly confirm: string;
  readonly drop: boolean;
  readonly time?: string;
  readonly evenIfNotProven?: boolean;
}

export interface Listed {
  readonly backups: readonly Entry[];
  readonly total: number;
  /** Copies of other sites' buckets that could not be read: the list lacks what they hold. */
  readonly unread: readonly string[];
}

/** What the commands need of an agent, wherever it runs. Each throws what was refused, in the words of the command line. */
export interface Client {
  readonly backup: (order: {
    readonly source?: string;
    readonly type: string;
    readonly description?: string;
  }) => Promise<Job>;
  readonly restore: (order: RestoreOrder) => Promise<Job>;
  readonly verify: (order: { readonly backupId: string; readonly level: string }) => Promise<Job>;
  /** Undefined: the agent knows it no more. */
  readonly job: (id: string) => Promise<Job | undefined>;
  /** Newest first. */
  readonly history: (query?: HistoryQuery) => Promise<Listed>;
  /** What the agent misses to do its work, in words. */
  readonly missing: () => Promise<readonly string[]>;
}

/** The source has something else to do: nothing was begun. */
export class BusyError extends Error {}

const PREFIX = "/api/v1/system";
const PAGE = 200;
const TRIES = 5;

export function clientOf(send: Send, pause = (ms: number) => new Promise<void>((r) => setTimeout(r, ms))): Client {
  /** Waits and asks again where too many ask at once. */
  async function patiently(method: "GET" | "POST", path: string, body?: object): Promise<Answer> {
    for (let left = TRIES; ; left--) {
      const answer = await send(method, path, body);
      if (answer.status !== 429 || left === 1) return answer;
      await pause(1000 * Math.min(60, Number(answer.header("retry-after")) || 1));
    }
  }
  async function ask<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
    const { status, body: said } = await patiently(method, `${PREFIX}${path}`, body);
    if (status < 300) return said as T;
    const { message, isUsage } = refusalOf(status, said as Problem);
    if (status === 409) throw new BusyError(message);
    throw isUsage ? new UsageError(message) : new Error(message);
  }
  return {
    backup: (order) => ask("POST", "/backup", order),
    restore: (order) => ask("POST", "/backup/restore", order),
    verify: (order) => ask("POST", "/backup/verify", order),
    async job(id) {
      const { status, body } = await patiently("GET", `${PREFIX}/jobs/${encodeURIComponent(id)}`);
      if (status === 404) return undefined;
      if (status < 300) return body as Job;
      throw new Error(refusalOf(status, body as Problem).message);
    },
    async history({ limit = Infinity, ...query } = {}) {
      const backups: Entry[] = [];
      for (let cursor: string | undefined; ;) {
        const left = Math.min(PAGE, limit - backups.length);
        const words = new URLSearchParams({ ...query, limit: String(left), ...(cursor ? { cursor } : {}) });
        const page = await ask<{ backups: Entry[]; total: number; next?: string; unread?: string[] }>(
          "GET",
          `/backup/history?${words.toString()}`,
        );
        backups.push(...page.backups);
        cursor = page.next;
        if (cursor === undefined || backups.length >= limit)
          return { backups, total: page.total, unread: page.unread ?? [] };
      }
    },
    async missing() {
      const { body } = await patiently("GET", "/readyz");
      return (body as { missing?: readonly string[] }).missing ?? [];
    },
  };
}
