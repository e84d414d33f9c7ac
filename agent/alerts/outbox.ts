import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import * as path from "node:path";
import type { Incidents } from "./incident";
import type { Message } from "./message";

/** A message that one channel has not delivered yet. */
export interface Queued {
  readonly channel: string;
  readonly message: Message;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
}

/** One line of the file: what is wrong now and what was queued with it, in one piece; or what left the queue. */
interface Entry {
  readonly incidents?: Incidents;
  readonly queued?: readonly Queued[];
  readonly settled?: readonly [channel: string, messageId: string];
}

/** What must survive a restart. Holds no secret: channels by name, texts already cleaned. */
export interface Outbox {
  readonly incidents: Incidents;
  readonly queued: readonly Queued[];
  readonly record: (incidents: Incidents, queued: readonly Queued[]) => void;
  readonly settle: (channel: string, messageId: string) => void;
}

const MAX_LINES = 200;

/** Opens the file, whatever state a crash left it in: a line that is not whole is left out. */
export function openOutbox(file: string, onError: (error: unknown) => void): Outbox {
  let { incidents, queued } = replay(read(file, onError));
  let lines = 0;
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      onError(error); // a full disk must not silence an alert that is in memory
    }
  };
  const rewrite = () => {
    mkdirSync(path.dirname(file), { recursive: true });
    const draft = `${file}.draft`;
    write(draft, "w", { incidents, queued });
    renameSync(draft, file);
    lines = 1;
  };
  const append = (entry: Entry) =>
    attempt(() => {
      if (lines >= MAX_LINES) return rewrite();
      write(file, "a", entry);
      lines++;
    });
  attempt(rewrite);
  return {
    get incidents() {
      return incidents;
    },
    get queued() {
      return queued;
    },
    record(now, more) {
      if (more.length === 0 && JSON.stringify(now) === JSON.stringify(incidents)) return;
      incidents = now;
      queued = [...queued, ...more];
      append({ incidents, queued: more });
    },
    settle(channel, messageId) {
      queued = without(queued, channel, messageId);
      append({ settled: [channel, messageId] });
    },
  };
}

const without = (queued: readonly Queued[], channel: string, id: string) =>
  queued.filter((item) => item.channel !== channel || item.message.id !== id);

function replay(entries: readonly Entry[]): { incidents: Incidents; queued: readonly Queued[] } {
  let incidents: Incidents = [];
  let queued: readonly Queued[] = [];
  for (const entry of entries) {
    incidents = entry.incidents ?? incidents;
    queued = [...queued, ...(entry.queued ?? [])];
    if (entry.settled) queued = without(queued, ...entry.settled);
  }
  return { incidents, queued };
}

function read(file: string, onError: (error: unknown) => void): Entry[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") onError(error);
    return [];
  }
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    try {
      return [JSON.parse(line) as Entry];
    } catch {
      onError(new Error(`${path.basename(file)}: a line of ${line.length} characters is not whole; it was left out`));
      return [];
    }
  });
}

/** Begins with the line break: what an interrupted write left before it stays a line of its own. */
function write(file: string, flags: "a" | "w", entry: Entry): void {
  const handle = openSync(file, flags, 0o600);
  try {
    writeSync(handle, `\n${JSON.stringify(entry)}`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
