import type { Authority } from "../engines/dns/lookup";

/** What one database of one site says of itself. */
export interface DatabaseStatus {
  readonly site: string;
  readonly database: string;
  /**
   * `fenced`: no standby, and it refuses the application's writes. `waiting`: nothing runs there, and it would be recovered
   * by a restore.
   */
  readonly role: "primary" | "fenced" | "standby" | "waiting" | "unreachable";
  readonly streaming?: boolean;
  /** How old what it replays is; only while it streams, for without a stream nobody knows what it lacks. */
  readonly lagSeconds?: number;
  /** LSN up to which a primary has written, or a standby received. */
  readonly position?: string;
  /** Bytes of WAL between the one and the other, where both answer. */
  readonly behindBytes?: number;
  /** When the newest replayed commit was made, in ISO 8601; a standby only. */
  readonly lastCommit?: string;
  /** When it was fenced, in ISO 8601, to the second: nothing was committed there after it. Of a fenced one only. */
  readonly fencedAt?: string;
  readonly epoch?: number;
  /** What a site without a replica would be recovered from. */
  readonly restorable?: Restorable;
  readonly error?: string;
  /** It did not answer in time, as `error` says: nobody knows whether it takes writes.  @default - it answered, or nothing is there */
  readonly silent?: boolean;
}

/** A backup that a site would be recovered from. */
export interface Restorable {
  readonly backup: string;
  /** When it was complete, and when the newest WAL was archived; ISO 8601. */
  readonly endedAt: string;
  readonly archivedAt?: string;
}

/** The plan's state, as the engines and the name server say it just now; nothing comes from state files. */
export interface Status {
  readonly live: Authority | undefined;
  readonly databases: readonly DatabaseStatus[];
  /** Why it is not the normal state; none if it is. */
  readonly problems: readonly string[];
}
