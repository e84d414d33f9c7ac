import type { Engine } from "../../plan";
import type { Backup, BackupType, Known, Progress, TargetRefusal } from "../contract";

/** One thing that the plan protects. */
export interface SourceInfo {
  readonly name: string;
  readonly engine: Engine;
  /** Which kinds of backup it can take. */
  readonly types: readonly BackupType[];
  /** Whether the plan says how its cache is warmed up. */
  readonly warms: boolean;
}

/** A backup, what was proven of it, and the repositories that hold it (`own`, or the site that they lie at). */
export interface Held extends Known {
  readonly repositories: readonly string[];
  /** Whether only copies of other sites' buckets hold it: it is read here, and never proven anew or let go of.  @default false */
  readonly inherited?: boolean;
}

/** What the repositories hold. */
export interface History {
  /** In any order. */
  readonly held: readonly Held[];
  /** Copies of other sites' buckets that could not be read, each with the reason: what they hold is missing. */
  readonly unread: readonly string[];
}

/** Long work that was asked for. It is followed by its id until the agent is started anew. */
export interface Job {
  readonly id: string;
  readonly kind: "backup" | "restore" | "verify" | "warmup";
  readonly sources: readonly string[];
  readonly state: "queued" | "running" | "succeeded" | "failed";
  /** ISO 8601. */
  readonly askedAt: string;
  readonly endedAt?: string;
  readonly progress?: Progress;
  /** Ids of the backups that were made, restored or proven. */
  readonly backups?: readonly string[];
  /** Why it failed, for a person. */
  readonly error?: string;
}

/** The job that was begun; or the one that is in its way, because each source does one thing at a time. */
export type Started = { readonly job: Job } | { readonly busy: Job };

export interface RestoreOrder {
  readonly backup: Backup;
  /** A server's address or a folder; undefined: the source itself, which the caller has confirmed by name. */
  readonly target: string | undefined;
  readonly drop: boolean;
  readonly time?: string;
}

export interface DatabaseHealth {
  readonly name: string;
  readonly engine: Engine;
  readonly isUp: boolean;
  readonly role?: "primary" | "standby";
  readonly latencyMs?: number;
  readonly replicationLagSeconds?: number;
  readonly version?: string;
  /** Why not, for a person. */
  readonly reason?: string;
}

/** All that the API needs of the agent. Nothing here waits for long work: that is a job. */
export interface ApiPorts {
  readonly sources: () => readonly SourceInfo[];
  /** One job for all the sources, which may be busy with one of them only. */
  readonly startBackup: (order: {
    readonly sources: readonly string[];
    readonly type: BackupType;
    readonly description?: string;
  }) => Promise<Started>;
  /** Looks at the target first: what cannot be is not begun. */
  readonly startRestore: (order: RestoreOrder) => Promise<Started | { readonly refusal: TargetRefusal }>;
  readonly startVerify: (order: { readonly backup: Backup; readonly level: "read" | "restore" }) => Promise<Started>;
  readonly startWarmup: (order: { readonly sources: readonly string[] }) => Promise<Started>;
  readonly job: (id: string) => Job | undefined;
  /** Every backup that any repository holds. */
  readonly history: () => Promise<History>;
  readonly databases: () => Promise<readonly DatabaseHealth[]>;
  /** What is still missing before the agent can do its work, in words; empty: it is ready. */
  readonly missing: () => Promise<readonly string[]>;
}
