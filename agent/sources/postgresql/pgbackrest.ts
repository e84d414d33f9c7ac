import * as path from "node:path";
import { makeFolder, writeWhole } from "../../../engines/files";
import { key } from "../../../engines/keys";
import { renderArchive, type ArchivePlace } from "../../../engines/pgbackrest";
import { run, RunError } from "../../../engines/run";
import { serverUser } from "../../../engines/user";

/** A stanza in one repository, as pgBackRest is told of it. Each repository has a file of its own: a lost one costs no other. */
export interface Stanza {
  readonly name: string;
  readonly repository: ArchivePlace;
  /** Holds the repositories' key, `repository.key`. */
  readonly keysFolder: string;
  /** The key's name there.  @default "repository" */
  readonly keyName?: string;
  readonly dataFolder: string;
  readonly socketFolder: string;
  readonly port: number;
  /** Locks, spool, logs: shared by all that must not run at once. */
  readonly workFolder: string;
  /** Where the configuration is written, for its user's eyes only. */
  readonly configFile: string;
  readonly passFile?: string;
  /** How long to wait for another backup of the same cluster.  @default 15 minutes */
  readonly lockWaitMs?: number;
}

export interface InfoBackup {
  readonly label: string;
  readonly prior: string | null;
  readonly reference: readonly string[] | null;
  readonly type: "full" | "incr" | "diff";
  readonly error?: boolean;
  readonly annotation?: Readonly<Record<string, string>>;
  readonly archive: { readonly start: string; readonly stop: string };
  readonly lsn: { readonly start: string; readonly stop: string };
  readonly info: { readonly size: number; readonly repository: { readonly delta: number } };
  readonly timestamp: { readonly start: number; readonly stop: number };
  readonly database: { readonly id: number };
  readonly backrest: { readonly version: string };
}

export interface Info {
  readonly status: { readonly code: number; readonly message: string };
  readonly backup: readonly InfoBackup[];
  readonly db: readonly { readonly id: number; readonly "system-id": string; readonly version: string }[];
}

const LOCK_WAIT_MS = 15 * 60_000;
/** pgBackRest's exit code for a lock that another process holds. */
const LOCKED = 50;
const HOURS = 3_600_000;

/** Runs pgBackRest against one repository; waits while another backup of the same cluster runs. */
export async function pgbackrest(
  stanza: Stanza,
  args: readonly string[],
  onPercent?: (percent: number) => void,
  { bound = false, input }: { readonly bound?: boolean; readonly input?: string } = {},
): Promise<string> {
  for (const part of ["lock", "spool", "log"]) makeFolder(path.join(stanza.workFolder, part));
  makeFolder(path.dirname(stanza.configFile));
  const { repository, keysFolder, dataFolder, socketFolder, port, workFolder } = stanza;
  const passphrase = key(keysFolder, stanza.keyName ?? "repository");
  const archive = { stanza: stanza.name, repositories: [repository], passphrase, keepFulls: 1, workFolder };
  writeWhole(stanza.configFile, renderArchive({ ...archive, dataFolder, socketFolder, port }));
  const command = [`--config=${stanza.configFile}`, `--stanza=${stanza.name}`, ...args];
  const options = {
    user: serverUser(),
    cwd: "/",
    bound,
    ...(stanza.passFile ? { env: { PGPASSFILE: stanza.passFile } } : {}),
    timeoutMs: 12 * HOURS,
    ...(input === undefined ? {} : { input }),
    ...(onPercent ? { onOutput: (text: string) => percentsIn(text).forEach((one) => onPercent(one)) } : {}),
  };
  for (const end = Date.now() + (stanza.lockWaitMs ?? LOCK_WAIT_MS); ; await new Promise((r) => setTimeout(r, 500))) {
    try {
      return await run("pgbackrest", command, options);
    } catch (error) {
      if (!(error instanceof RunError) || error.exitCode !== LOCKED || Date.now() > end) throw error;
    }
  }
}

const percentsIn = (text: string) =>
  [...text.matchAll(/\([\d.]+[KMGT]?B, ([\d.]+)%\)/g)].map(([, percent]) => Number(percent));

/** What one repository knows of a stanza; undefined if it has none. */
export async function info(stanza: Stanza): Promise<Info | undefined> {
  const [found] = parseInfo(await pgbackrest(stanza, ["--output=json", "info"]));
  return found && found.status.code !== 1 ? found : undefined;
}

/** pgBackRest writes system identifiers as numbers that are too long for JavaScript's. */
export const parseInfo = (json: string) =>
  JSON.parse(json.replaceAll(/"system-id":(\d+)/g, '"system-id":"$1"')) as Info[];

/** A WAL segment in an archive. */
export interface Segment {
  readonly name: string;
  /** When it was stored, in ISO 8601, by the store's clock. */
  readonly at: string;
}

/** The WAL segments in an archive, from any store; oldest first. */
export async function archivedSegments(stanza: Stanza): Promise<Segment[]> {
  const args = ["--recurse", "--output=json", "repo-ls", `archive/${stanza.name}`];
  const listing = JSON.parse(
    await run("pgbackrest", [`--config=${stanza.configFile}`, ...args], {
      user: serverUser(),
      cwd: "/",
      timeoutMs: HOURS,
    }),
  ) as Record<string, { readonly time?: number }>;
  return Object.entries(listing)
    .flatMap(([file, { time = 0 }]) => {
      const [, name] = /\/([0-9A-F]{24})-[0-9a-f]{40}/.exec(file) ?? [];
      return name ? [{ name, at: new Date(time * 1000).toISOString() }] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const SEGMENT_BYTES = 2 ** 24;
const SEGMENTS_PER_LOG = 2 ** 32 / SEGMENT_BYTES;

/** A segment's place in the order of all WAL, whatever its timeline. */
export const placeOfSegment = (name: string) =>
  Number.parseInt(name.slice(8, 16), 16) * SEGMENTS_PER_LOG + Number.parseInt(name.slice(16), 16);

/** The place of the last segment that was replayed when replay ended at a position such as `16/B374D848`: the byte before it. */
export function placeReplayed(lsn: string): number {
  const [high, low] = lsn.split("/").map((part) => Number.parseInt(part, 16)) as [number, number];
  return Math.floor((high * 2 ** 32 + low - 1) / SEGMENT_BYTES);
}

/** Segments that are missing on each timeline between the first that is needed and the last that is there. */
export function missingSegments(names: readonly string[], first: string): string[] {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");
  const needed = [...new Set(names)].filter((name) => name >= first).sort();
  if (!needed.includes(first)) needed.unshift(first);
  const present = new Set(names);
  const timelines = new Set(needed.map((name) => name.slice(0, 8)));
  return [...timelines].flatMap((timeline) => {
    const places = needed.filter((name) => name.startsWith(timeline)).map(placeOfSegment);
    const [from, to] = [places[0]!, places.at(-1)!];
    return Array.from(
      { length: to - from + 1 },
      (_, i) => `${timeline}${hex(Math.floor((from + i) / SEGMENTS_PER_LOG))}${hex((from + i) % SEGMENTS_PER_LOG)}`,
    ).filter((name) => !present.has(name));
  });
}
