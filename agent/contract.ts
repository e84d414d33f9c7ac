import type { Engine } from "../plan";

/** Full: stands alone. Incremental and differential need the backup that they name; those of files name none, and stand alone. */
export type BackupType = "full" | "incr" | "diff";

/** What a backup says of itself, written once beside it in each repository and never rewritten: enough to restore it with
 *  nothing but the repository and the key. */
export interface Backup {
  readonly format: 1;
  /** Sorts by time: `<source>-<UTC start as 20261121T020000.000Z>-<type>`. */
  readonly id: string;
  readonly plan: string;
  readonly site: string;
  readonly source: string;
  readonly engine: Engine;
  /** Physical: the engine's files and WAL. Logical: what the engine exports. Files: as they lie. */
  readonly kind: "physical" | "logical" | "files";
  readonly type: BackupType;
  /** Change: files that are copied as they change. */
  readonly trigger: "schedule" | "manual" | "start" | "change";
  readonly description?: string;
  /** Times of the clock of the server that was backed up where it has one; ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly bytes: { readonly source: number; readonly stored: number };
  /** Rows by table, documents by collection, keys by database, files by path: what a restore must bring back. */
  readonly counts: Readonly<Record<string, number>>;
  /** A value written to the source just before the backup; a restore must find it. Absent where a source cannot be written. */
  readonly sentinel?: string;
  /** Where it lies in its repository: a restic snapshot or a pgBackRest label. */
  readonly locator: string;
  /** Id of the backup that this one builds on. */
  readonly reference?: string;
  readonly serverVersion?: string;
  readonly tools: Readonly<Record<string, string>>;
  /** What the engine needs to restore it: LSNs, timeline, system identifier, options. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** What came of proving a backup. Written beside it, once; a later verdict is another object. */
export interface Verdict {
  readonly backup: string;
  readonly verified: boolean;
  /** `read`: read back, checksums. `restore`: opened by the real engine in a scratch server, counts and sentinel compared. */
  readonly level: "read" | "restore";
  readonly at: string;
  readonly seconds: number;
  /** Why not, for a person; every difference that was found. */
  readonly reasons: readonly string[];
}

/** Told while long work goes on. */
export interface Progress {
  readonly bytes: number;
  readonly totalBytes?: number;
  readonly phase: string;
}
export type OnProgress = (progress: Progress) => void;

/** What backups are read from. Nothing here writes, not even a lock. */
export interface ReadableRepository {
  /** `own`, or the site that it lies at; `copy-of-<site>` for a copy of that site's bucket that lies here. */
  readonly name: string;
  /** As restic reads it: a folder, `s3:…`, `azure:…`, `gs:…`, `sftp:…`. */
  readonly url: string;
  readStream(locator: string, name: string, consume: (source: NodeJS.ReadableStream) => Promise<void>): Promise<void>;
  restorePaths(locator: string, into: string, onProgress?: OnProgress): Promise<void>;
  /** Everything that the bucket alone knows, oldest first. */
  list(source?: string): Promise<readonly Known[]>;
}

/** Where backups go: one bucket, at this site or the other. Always encrypted. */
export interface Repository extends ReadableRepository {
  /** Makes it if it is not there; refuses a wrong key and a place that holds something else. */
  open(): Promise<void>;
  /**
   * Stores what `produce` writes as one file. If `produce` rejects, nothing is published: a dump that dies in mid-pipe
   * leaves no snapshot.
   */
  storeStream(
    name: string,
    tags: Tags,
    produce: (sink: NodeJS.WritableStream) => Promise<void>,
    onProgress?: OnProgress,
  ): Promise<Stored>;
  storePaths(
    paths: readonly string[],
    tags: Tags,
    options?: { readonly exclude?: readonly string[] },
    onProgress?: OnProgress,
  ): Promise<Stored>;
  /** Reads every byte of a snapshot back and checks it. */
  check(locator: string): Promise<void>;
  writeBackup(backup: Backup): Promise<void>;
  writeVerdict(verdict: Verdict): Promise<void>;
  /** Removes whole backups with their verdicts; a store that refuses (object lock) is reported, not fought. */
  forget(
    backups: readonly Backup[],
  ): Promise<{ readonly removed: readonly string[]; readonly refused: readonly string[] }>;
}

export type Tags = Readonly<Record<string, string>>;

export interface Stored {
  readonly locator: string;
  readonly bytes: { readonly source: number; readonly stored: number };
  /** How many files it holds, where paths were stored. */
  readonly files?: number;
}

/** A backup and what was proven of it, newest verdict last. */
export interface Known {
  readonly backup: Backup;
  readonly verdicts: readonly Verdict[];
}

export type State = "taken" | "verified" | "failed";

/** `taken` until something was proven; then what the newest verdict says. */
export function stateOf({ verdicts }: Known): State {
  const newest = verdicts.at(-1);
  return newest === undefined ? "taken" : newest.verified ? "verified" : "failed";
}

export interface BackupRequest {
  readonly type: BackupType;
  readonly trigger: Backup["trigger"];
  readonly description?: string;
}

/** A restore that a person asked for, or a scratch one of the agent's own. */
export interface RestoreRequest {
  /** Where to: a server (URI), or a folder. Never the source itself unless the caller confirmed it by name. */
  readonly target: string;
  /** Empty the target first. */
  readonly drop: boolean;
  /** Physical PostgreSQL only: the moment to stop at, ISO 8601. */
  readonly time?: string;
}

/** Why a restore cannot go where it was to go: which rule the target breaks, and the way out. */
export interface TargetRefusal {
  readonly rule: string;
  readonly way: string;
}

/** One thing that is protected: how it is backed up, brought back and proven. One file an engine. */
export interface Source {
  readonly name: string;
  readonly engine: Engine;
  readonly kind: Backup["kind"];
  /** Throws, in words for a person, if a backup made now could not be restored: versions, access, space, key. */
  preflight(): Promise<void>;
  /** Takes one backup into one repository. Publishes nothing unless it is whole. */
  backUp(request: BackupRequest, repository: Repository, onProgress: OnProgress): Promise<Backup>;
  /**
   * Why the target, as it is just now, cannot take this backup; undefined if it can. Changes nothing and answers within
   * seconds: it is asked before a restore is begun, and again by the restore itself.
   */
  refusalOfTarget(backup: Backup, request: RestoreRequest): Promise<TargetRefusal | undefined>;
  /** Throws, before anything is changed, what {@link refusalOfTarget} says. */
  restore(
    backup: Backup,
    repository: ReadableRepository,
    request: RestoreRequest,
    onProgress: OnProgress,
  ): Promise<void>;
  /** Restores into a scratch server or folder on this machine, compares, and destroys it. Never touches the source. */
  prove(backup: Backup, repository: Repository, scratchFolder: string, onProgress: OnProgress): Promise<Verdict>;
}
