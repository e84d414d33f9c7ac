import * as z from "zod";
import { objectiveClass } from "./objectives";
import { count, cron, duration, filePath, matching, name, named, secret, size, text, timeZone, urlPath } from "./words";

const retention = z
  .strictObject({
    last: count(0, 1000, "Newest backups kept, whatever their age.").default(0),
    within: duration("Every backup younger than this is kept.").optional(),
    daily: count(0, 3660, "Days of which the last backup is kept.").default(7),
    weekly: count(0, 520, "Weeks of which the last backup is kept.").default(4),
    monthly: count(0, 120, "Months of which the last backup is kept.").default(12),
    yearly: count(0, 30, "Years of which the last backup is kept.").default(0),
    local: duration("How long the copy at the site itself is kept. Default: as long as the remote one.").optional(),
    remote: duration(
      "How long the copy in object storage is kept at most. Default: as long as the counts say.",
    ).optional(),
  })
  .describe("Which backups are kept. The newest verified backup is never deleted.")
  .prefault({});

const query = z.strictObject({
  name: text("What the query proves.", 100).optional(),
  sql: matching(/^\s*(?:select|with)\b[^;]*;?\s*$/i, "must be one SELECT (or WITH ... SELECT) statement")
    .max(4000)
    .describe("A statement that only reads and returns one value."),
  atLeast: z.number().describe("The value must be this or more.").optional(),
  equals: z.union([z.string(), z.number(), z.boolean()]).describe("The value must be exactly this.").optional(),
});

const HOW_PROVEN = "How backups are proven.";
const proof = z.strictObject({
  timeZone,
  integrity: cron("When every backup is read back: integrity, access, completeness, age.").default("0 5 * * *"),
  restore: cron("When the newest backup is restored into a scratch server and opened by the real engine.").default(
    "0 6 * * 0",
  ),
  minSize: size("A backup smaller than this is broken.").prefault("1 KiB"),
  maxRestoreTime: duration("A test restore that takes longer fails.").optional(),
  queries: z.array(query).default([]).describe("Validation queries, run after every restore (PostgreSQL)."),
  counts: z
    .array(matching(/^[A-Za-z_][A-Za-z0-9_.]{0,119}$/, "must be a table or collection name"))
    .default([])
    .describe("Tables or collections whose counts are compared after every restore. Empty: all of them."),
});
const verify = proof.describe(HOW_PROVEN).prefault({});

const backup = {
  full: cron("When a full backup is taken."),
  timeZone,
  offsite: z
    .boolean()
    .default(true)
    .describe("Whether backups are copied to the other site. Without it they are lost with the site."),
};

const common = {
  description: text("What this is, for people.").optional(),
  size: size("How large it is, about. Used to judge restore times against objectives.").optional(),
  retention,
  verify,
};

const identifier = (what: string) =>
  matching(/^[a-z_][a-z0-9_]*$/, "must be lower-case letters, digits and underscores, starting with a letter")
    .max(63, "must be 63 characters or fewer, the most PostgreSQL keeps of an identifier")
    .describe(what);

const postgresql = z.strictObject({
  engine: z.literal("postgresql").describe("PostgreSQL."),
  class: objectiveClass("Which objectives hold.").default("database"),
  database: identifier("Name of the database."),
  user: identifier("Role that owns the database. Default: the database's name.").optional(),
  version: count(13, 30, "Major version.").default(17),
  replica: z
    .enum(["none", "streaming", "synchronous"])
    .default("none")
    .describe("Replica at the standby site. synchronous: a commit waits for it, so nothing is lost."),
  replicaLag: duration(
    "How far a streaming replica may fall behind before someone is told. The loss that a promotion can bring.",
  ).prefault("10s"),
  slotCap: size(
    "WAL kept for a replica that cannot be reached, before the replica is given up to save the disk.",
  ).prefault("1 GiB"),
  backup: z
    .strictObject({
      ...backup,
      incremental: cron("When an incremental backup is taken: what changed since the last backup.").optional(),
      differential: cron("When a differential backup is taken: what changed since the last full one.").optional(),
      archive: z
        .enum(["none", "continuous"])
        .default("none")
        .describe("continuous: every WAL segment is archived, and any point in time can be restored."),
      archiveTimeout: duration("A WAL segment is archived after this time even if it is not full.").prefault("60s"),
      dump: cron("When a logical dump (pg_dump) is taken beside the physical backups.").optional(),
      parallel: count(1, 64, "Processes that copy at once.").default(2),
    })
    .describe("When and how backups are taken."),
  ...common,
});

const mongodb = z.strictObject({
  engine: z.literal("mongodb").describe("MongoDB."),
  class: objectiveClass("Which objectives hold.").default("database"),
  database: matching(
    /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/,
    "must be letters, digits, underscores and hyphens, 63 characters or fewer",
  )
    .describe("Name of the database. Default: all of them.")
    .optional(),
  version: count(5, 20, "Major version.").default(8),
  address: secret("Name of the secret that holds the server's address (mongodb://...), at each site its own.").default(
    "MONGODB_URL",
  ),
  drop: z
    .boolean()
    .default(true)
    .describe("Whether a restore drops each collection first. It asks for a typed confirmation either way."),
  backup: z.strictObject(backup).describe("When backups are taken."),
  ...common,
  verify: proof
    .extend({
      scratch: secret(
        "Name of the secret that holds the address of another server (mongodb://...), for test restores: each makes databases of its own there and drops them. Default: mongod on the agent's machine; without either, backups are only read back.",
      ).optional(),
    })
    .describe(HOW_PROVEN)
    .prefault({}),
});

const redis = z.strictObject({
  engine: z.literal("redis").describe("Redis."),
  class: objectiveClass("Which objectives hold.").default("cache"),
  version: count(5, 20, "Major version.").default(7),
  address: secret("Name of the secret that holds the server's address (redis://...), at each site its own.").default(
    "REDIS_URL",
  ),
  aof: z.boolean().default(false).describe("Whether the append-only file is on, and backed up."),
  warm: urlPath(
    "Path that fills the cache after a restore, asked by POST of the first service that uses it.",
  ).optional(),
  backup: z.strictObject(backup).describe("When an RDB snapshot is taken."),
  ...common,
});

const files = z.strictObject({
  engine: z.literal("files").describe("Files: folders or volumes."),
  class: objectiveClass("Which objectives hold.").default("files"),
  paths: z
    .array(filePath("A folder or volume."))
    .min(1, "must name at least one path")
    .describe("Folders or volumes that are protected."),
  exclude: z.array(text("A pattern.", 200)).default([]).describe("Patterns that are left out, as restic reads them."),
  replicate: z
    .enum(["none", "continuous"])
    .default("none")
    .describe("continuous: changes are copied to the other site as they happen."),
  replicateLag: duration("How far continuous copies may fall behind before someone is told.").prefault("5m"),
  backup: z.strictObject(backup).describe("When backups are taken."),
  ...common,
});

const configuration = z.strictObject({
  engine: z.literal("configuration").describe("Configuration, environment and certificates. Always encrypted."),
  class: objectiveClass("Which objectives hold.").default("configuration"),
  paths: z
    .array(filePath("A file or folder."))
    .min(1, "must name at least one path")
    .describe("Files and folders that are protected."),
  versionControlled: z
    .boolean()
    .default(false)
    .describe("Whether all of it is in version control, so that nothing can be lost with a site."),
  vault: name("The vault that holds the secrets, one at each site.", 63).optional(),
  certificates: z
    .strictObject({
      paths: z
        .array(filePath("A certificate or its folder."))
        .min(1, "must name at least one path")
        .describe("Certificates that are backed up."),
      renewBefore: duration("Renewed when this much validity is left.").prefault("30d"),
    })
    .describe("TLS certificates: renewed in time and backed up.")
    .optional(),
  backup: z.strictObject(backup).describe("When backups are taken."),
  ...common,
});

export const data = named(
  z.discriminatedUnion("engine", [postgresql, mongodb, redis, files, configuration]),
  "What is protected. Each entry names its engine.",
);
