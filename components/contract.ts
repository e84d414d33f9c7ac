import type { DataEntry, Plan, Retention } from "../plan";
import type * as pulumi from "../provider/pulumi";

/** A site as its components see it: plain data, the same on every platform. */
export interface SiteArgs {
  readonly plan: string;
  /** This site's name, and all of the plan's in order of failover. */
  readonly name: string;
  readonly all: readonly string[];
  /** All of the plan's sites, as it describes them: what one must know of the other is there, and nowhere else. */
  readonly sites: Plan["sites"];
  /** Where it is, in its platform's own words: a root folder, a host, a context, a region. */
  readonly location: string;
  readonly activation: "active" | "standby";
  /** The site that was said to be lost: nothing here may need it, and no far end is kept there.  @default - none is */
  readonly lost?: string;
  /**
   * Resources of this site in the region of one that was lost and is back, by name, and the ids by which they are taken into
   * the stack again.
   * @default {}
   */
  readonly adopt?: Readonly<Record<string, string>>;
  /** When the watch found that site lost, in ISO 8601: its fence must be proven.  @default - a person has said so */
  readonly lossFoundAt?: string;
  /** The most that may be lost then, in seconds of commits; a person's word has no such bound.  @default - any loss */
  readonly maxLossSeconds?: number;
  /** What a cloud's components share.  @default - the platform has none */
  readonly foundation?: pulumi.ComponentResource;
}

/** What the components of a site share on a cloud, such as network, keys and roles: made first, known to its own platform only. */
export interface FoundationArgs {
  readonly site: SiteArgs;
  readonly dns: Plan["dns"];
  /** How often keys are replaced.  @default - the plan's own default */
  readonly storage?: Plan["storage"];
  /** Secrets that the plan names, which the site's services and its agent are given. */
  readonly secrets: readonly string[];
}

export interface BackupBucketArgs {
  readonly site: SiteArgs;
  /** @default - the plan's own defaults */
  readonly storage?: Plan["storage"];
  /** How long each source's backups are kept: nothing is deleted before the longest of them.  @default [] */
  readonly retentions?: readonly Retention[];
}

/** Where backups go: a bucket here and a copy of it at the other site. */
export interface BackupBucket extends pulumi.ComponentResource {
  /** Addresses of the bucket and of its copies, nearest first. */
  readonly locations: pulumi.Output<string[]>;
}

export interface DatabaseArgs {
  readonly site: SiteArgs;
  /** Name of the application's database. Changing it makes another database. */
  readonly database: string;
  readonly bucket: BackupBucket;
  /** @default "none" - recovery is by restore */
  readonly replica?: "none" | "streaming" | "synchronous";
  /** The longest time that a write waits for its WAL segment to be archived.  @default 60 */
  readonly archiveTimeoutSeconds?: number;
  /** The most WAL that is kept for a replica that cannot be reached.  @default 1024 */
  readonly slotCapMiB?: number;
  /** Full backups kept.  @default 7 */
  readonly keepFulls?: number;
  /** Major version.  @default 17 */
  readonly version?: number;
  /** How large its data is, about, in bytes.  @default - not said */
  readonly sizeBytes?: number;
  /** Where the failover name is served: read before a site takes writes. */
  readonly failoverName: string;
  /**
   * While the other site is lost: what this one is recovered from, if not from its replica. `latest`, a moment in ISO 8601
   * (up to it WAL is replayed), or the id of a backup.
   * @default - the replica; without one, latest
   */
  readonly recoverFrom?: string;
  /** Queries by which the plan proves a copy: a restored one must pass them before it is used.  @default [] */
  readonly queries?: readonly ValidationQuery[];
  /**
   * Where a writer can never become a replica again (RDS): which server this is at each site, counted from 1. The one with the
   * higher number was made as a replica of the other; of two equal ones, the later site's. A new number makes a new server, and
   * leaves the old one as it is.
   * @default - 1 at each site
   */
  readonly generations?: Readonly<Record<string, number>>;
  /** The administrator's password, where the engine can't make one for a replica too: the same at all sites, and a secret.  @default - the engine makes it */
  readonly password?: pulumi.Input<string>;
  /** The automated backup in this site's region, where the platform cannot know its name (RDS): what a recovery by restore reads.  @default - none */
  readonly automatedBackup?: string;
  /** Planned promotion: where the history of the site that went on standby ended.  @default - none: nothing is promoted */
  readonly demotionToken?: string;
}

export type ValidationQuery = Extract<DataEntry, { readonly engine: "postgresql" }>["verify"]["queries"][number];

export interface Database extends pulumi.ComponentResource {
  readonly address: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  /** As the engine says it after this update. */
  readonly role: pulumi.Output<string>;
  /** On a site that went on standby: what a planned promotion elsewhere must have replayed. */
  readonly demotionToken: pulumi.Output<string | undefined>;
  /** On an active site: the epoch that it holds. */
  readonly epoch: pulumi.Output<number | undefined>;
}

export interface ScheduledBackupArgs {
  readonly site: SiteArgs;
  readonly bucket: BackupBucket;
  readonly sources: readonly BackupSource[];
  /** Where the failover name is served: read before a backup is written. */
  readonly failoverName: string;
  /** The agent watches these: whoever uses the site sees them fail first. */
  readonly services: readonly { readonly name: string; readonly service: Service }[];
  /** Who is told what, and how the agent is asked. */
  readonly alerts: Plan["alerts"];
  readonly people: Plan["people"];
  readonly api: Plan["api"];
  /** Seconds after which the repositories' keys are to be replaced.  @default - nobody is told how old they are */
  readonly keyRotation?: number;
}

export interface BackupSource {
  readonly name: string;
  /** What the plan says of it. */
  readonly entry: DataEntry;
  /** The database that this site builds for it.  @default - it builds none: the agent is told by a secret where it is, or it is files */
  readonly database?: Database;
  /** Redis: the service that fills the cache again, at the plan's path.  @default - nobody */
  readonly warmedBy?: Service;
}

export interface ServiceArgs {
  readonly site: SiteArgs;
  /** Path that answers 200 when it is well. */
  readonly health: string;
  /** @default - the platform's stand-in */
  readonly command?: readonly string[];
  /** @default - none: `command` is run */
  readonly image?: string;
  /** @default {} */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default "always" */
  readonly restart?: "always" | "on-failure" | "never";
  readonly databases: readonly Database[];
  /** @default 8080 */
  readonly port?: number;
  /** @default - one at the live site, none on standby */
  readonly instances?: Plan["services"][string]["instances"];
  /** Versions of the image that are kept to go back to.  @default 10 */
  readonly imagesKept?: number;
  /** Names of secrets that it receives as environment variables.  @default [] */
  readonly secrets?: readonly string[];
  /** Whether its health also answers for the failover name.  @default false */
  readonly public?: boolean;
}

export interface Service extends pulumi.ComponentResource {
  /** Where its health is asked. */
  readonly url: pulumi.Output<string>;
}

export interface FailoverRecordArgs {
  readonly plan: string;
  readonly location: string;
  readonly sites: readonly string[];
  /** The site that shall be live. It must take writes. */
  readonly liveSite: string;
  readonly zone: string;
  readonly name: string;
  readonly ttlSeconds: number;
  /** Names of the databases that must take a write at the live site first. */
  readonly databases: readonly string[];
  /** Where each site is, as the plan says.  @default - what `location` says */
  readonly places?: Plan["sites"];
  /** Path by which the live site's role is asked.  @default "/health" */
  readonly health?: string;
  /** The full recovery's RTO, in seconds: how soon a lost site must be noticed.  @default - the platform's own */
  readonly rtoSeconds?: number;
  /** How long a site must be unreachable before it counts as lost, in seconds.  @default 30 */
  readonly detectAfterSeconds?: number;
  /** Further names that follow the live site.  @default [] */
  readonly aliases?: readonly string[];
  /** Route 53's id of the zone.  @default - the platform needs none */
  readonly zoneId?: string;
  /** The epoch that the live site holds, where its databases cannot be asked from here.  @default 1 */
  readonly epoch?: number;
  /** Whether ARC Region switch turns the record, once a person approves, where both sites are on aws.  @default false */
  readonly regionSwitch?: boolean;
}

export interface FailoverRecord extends pulumi.ComponentResource {
  readonly liveSite: pulumi.Output<string>;
  /** The epoch that the live site's databases hold. */
  readonly epoch: pulumi.Output<number>;
  /** Who answers for the name, as `address:port`. */
  readonly nameServer: pulumi.Output<string>;
}

/** Who is told when the platform itself sees that something is wrong. Where it is left out, the agent tells. */
export interface AlertsArgs {
  readonly site: SiteArgs;
  readonly alerts: Plan["alerts"];
  readonly people: Plan["people"];
  readonly bucket: BackupBucket;
  /** What is backed up: the age of each one's newest proven backup is watched, where the platform can see it.  @default [] */
  readonly sources?: readonly BackupSource[];
  readonly databases: Readonly<Record<string, Database>>;
  readonly services: Readonly<Record<string, Service>>;
}

/** After a breach: the site is cut off, and evidence kept before anything else is touched. */
export interface QuarantineArgs {
  readonly site: SiteArgs;
  /** Why, in a person's words: tagged on what is kept. */
  readonly reason: string;
  readonly breach: Plan["breach"];
  readonly databases: Readonly<Record<string, Database>>;
  readonly services: Readonly<Record<string, Service>>;
}

/** The roles that every platform fills, by the same names and the same words. */
export interface Platform {
  readonly BackupBucket: Role<BackupBucketArgs, BackupBucket>;
  readonly Database: Role<DatabaseArgs, Database>;
  readonly ScheduledBackup: Role<ScheduledBackupArgs, pulumi.ComponentResource>;
  readonly Service: Role<ServiceArgs, Service>;
  readonly FailoverRecord: Role<FailoverRecordArgs, FailoverRecord>;
  readonly Foundation?: Role<FoundationArgs, pulumi.ComponentResource>;
  readonly Alerts?: Role<AlertsArgs, pulumi.ComponentResource>;
  readonly Quarantine?: Role<QuarantineArgs, pulumi.ComponentResource>;
}

type Role<Args, Made> = new (name: string, args: Args, opts?: pulumi.ComponentResourceOptions) => Made;
