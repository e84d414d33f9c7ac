import { readFileSync } from "node:fs";
import type { AuthorityLookup } from "../engines/dns/authority";
import type { Endpoint } from "../engines/postgres/sql";
import type { DataEntry, Plan } from "../plan";

/** One entry of the plan's `data`, with what its site adds. */
export type SourceConfig = {
  readonly name: string;
  readonly entry: DataEntry;
  /** PostgreSQL: the server. Absent for other engines. */
  readonly postgresql?: PostgresqlPlace;
  /** Files and configuration: the folder that relative paths and volumes lie in. */
  readonly root?: string;
  /** Redis: the address that is asked by POST to fill the cache after a restore.  @default - nobody */
  readonly warm?: string;
  // MongoDB and Redis: the secret that `entry.address` names says where the server answers.
};

export interface PostgresqlPlace {
  readonly endpoint: Endpoint;
  readonly stanza: string;
  readonly dataFolder: string;
  readonly socketFolder: string;
  /** Locks and logs that all pgBackRest processes of this server share. */
  readonly workFolder: string;
  readonly passFile: string;
}

export interface RepositoryConfig {
  /** `own`, or the site that it lies at. */
  readonly name: string;
  /**
   * The bucket's address: a folder, `s3:https://host[:port]/bucket[/prefix]`, `azure:account/container[/prefix]`,
   * `gs:bucket[/prefix]` or `sftp:user@host[:port]:/folder`. restic's repository lies in `restic` below it, pgBackRest's in
   * `pgbackrest`. It holds no secret: credentials are secrets of the environment or the secrets' folder.
   */
  readonly bucket: string;
  /** Of an S3 bucket.  @default "us-east-1" */
  readonly region?: string;
  /** File of certificates (PEM) that the store is trusted by.  @default - the system's */
  readonly caFile?: string;
}

/** A copy of another site's bucket that lies at this one: what that site backed up, also once it is lost. */
export interface InheritedConfig extends RepositoryConfig {
  /** The site that writes it. */
  readonly name: string;
}

/** What the agent reads at start: its part of the plan. It holds no secret: keys are files of the machine. */
export interface AgentConfig {
  readonly plan: string;
  readonly site: string;
  /** Where its state lies: caches, notes, scratch. */
  readonly folder: string;
  readonly keysFolder: string;
  /** Holds a file for each secret that the plan names, under that name; what the environment holds comes first. */
  readonly secretsFolder: string;
  /** Where `GET /healthz` and `GET /status` answer. */
  readonly address: string;
  readonly port: number;
  readonly health: string;
  /** The site's own first: each gets every backup. */
  readonly repositories: readonly RepositoryConfig[];
  /** Read, and never written: their backups are listed and restored here like the site's own.  @default [] */
  readonly inherited?: readonly InheritedConfig[];
  /** Who is live, read before anything is written.  @default - nobody else is */
  readonly authority?: AuthorityLookup;
  readonly api: Plan["api"];
  readonly alerts: Plan["alerts"];
  readonly people: Plan["people"];
  /** Seconds after which the repositories' keys are to be replaced: the plan's `storage.keyRotation`.  @default - never */
  readonly keyRotation?: number;
  /** What is asked whether it is well. */
  readonly services: readonly { readonly name: string; readonly url: string }[];
  readonly sources: readonly SourceConfig[];
}

export const readConfig = (file: string) => JSON.parse(readFileSync(file, "utf8")) as AgentConfig;
