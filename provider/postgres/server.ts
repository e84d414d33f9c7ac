import type { Endpoint } from "../../engines/postgres/sql";
import type { AuthorityLookup } from "../authority";

export interface PostgresServerInputs {
  /** Folder of the server; its data lies in `data` below it. */
  readonly folder: string;
  readonly site: string;
  /** Name of the cluster in logs and of its backups. */
  readonly name: string;
  readonly address: string;
  /** File in which the machine keeps the plan's ports, and the port's name there. */
  readonly portRegistry: string;
  readonly portName: string;
  /** @default - chosen free once, then kept */
  readonly port?: number;
  readonly socketFolder: string;
  readonly keysFolder: string;
  /** The application's database. */
  readonly database: string;
  readonly activation: "active" | "standby";
  /** The other site: followed while on standby, kept WAL for while active.  @default - there is none, or it is lost */
  readonly peer?: { readonly site: string; readonly address: string };
  /** The lost site, fenced: what it still has is fetched from there until this server is promoted.  @default - nothing is */
  readonly lostPeer?: { readonly site: string; readonly address: string };
  /** Commit only when the peer has the write on disk.  @default false */
  readonly synchronous?: boolean;
  /** Folders of the backup repositories, the site's own first. */
  readonly repositories: readonly string[];
  readonly keepFulls: number;
  readonly archiveTimeoutSeconds: number;
  readonly slotCapMiB: number;
  readonly authority: AuthorityLookup;
  /** Nothing shall run: the site is on standby and has no replica; a restore recovers it.  @default false */
  readonly stopped?: boolean;
  /** The restore that filled it: after another one it starts anew.  @default - it was not restored */
  readonly recovery?: string;
  /** What the check found: the live site keeps no WAL for this standby any more. `up` copies it anew.  @default false */
  readonly givenUp?: boolean;
  /** What the check found: it was the writer until the site that is lost now took over. `up` starts it in recovery.  @default false */
  readonly leftBehind?: boolean;
  /** What `refresh` found; `up` starts a server that died.  @default true */
  readonly running?: boolean;
}

export interface PostgresServerOutputs extends PostgresServerInputs {
  readonly port: number;
  /** As the engine says it: `primary`, `standby`, or `waiting` for a primary to copy or for a restore. */
  readonly role: "primary" | "standby" | "waiting";
  readonly systemIdentifier?: string;
  /** Where this site's history ended when it went on standby: what a planned promotion elsewhere must have replayed. */
  readonly demotionToken?: string;
  /** When the server was started, in ISO 8601: a writer that was started again must prove itself again. */
  readonly startedAt?: string;
  /** pgBackRest's configuration file. */
  readonly archiveConfig: string;
}

/** How the server is reached, once it has its port. */
export const endpointOf = ({ address, port, keysFolder }: PostgresServerInputs): Endpoint => ({
  address,
  port: port!,
  keysFolder,
});
