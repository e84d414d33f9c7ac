/** Names of the plan's entries; a dump of the database is a source of the agent's own. */
export const PLAN = "cotai";
export const SOURCES = ["postgres", "postgres.dump", "mongo", "redis", "uploads", "settings"] as const;
export type SourceName = (typeof SOURCES)[number];

/** Secrets that the plan names and the tester hands to the agent. */
export const SECRETS = {
  mongo: "MONGODB_URL",
  scratch: "MONGODB_SCRATCH_URL",
  redis: "REDIS_URL",
  webhook: "SOAK_WEBHOOK",
  token: "DR_API_TOKEN",
};

export const UPLOADS = "uploads";
export const SETTINGS = ["settings/app.env", "settings/conf.d"] as const;
/** What a writer has not finished yet. */
export const DRAFT = ".draft";

/** How long something bad may last before it must have been told, in seconds: a whole cycle of checks, and the check's own time. */
export const CHECK_CYCLE_S = 900;
export const BACKUP_AGE_S = 600;

const RETENTION = "retention: { last: 5, daily: 1, weekly: 0, monthly: 0 }";

const entry = (integrity: string, restore: string, backup: string, more = "") => `
    backup: ${backup}
    verify: { integrity: "${integrity}", restore: "${restore}", minSize: 512 B${more} }
    ${RETENTION}`;

/**
 * One plan with all five engines, every backup every minute: more than two cores can do, so that there is always something
 * under way. Each check has minutes of its own. The rules about the machine's own load are off.
 */
export const soakPlan = () => `
name: ${PLAN}
rehearsal: true
sites:
  prod: { platform: local }
  dr: { platform: local }
objectives:
  full: { rto: 4h, rpo: 1h }
data:
  postgres:
    engine: postgresql
    database: ${PLAN}
    replica: streaming
    replicaLag: 30s${entry("*/8 * * * *", "*/9 * * * *", `{ full: "*/15 * * * *", incremental: "* * * * *", archive: continuous, archiveTimeout: 20s, dump: "*/5 * * * *" }`)}
  mongo:
    engine: mongodb
    database: ${PLAN}
    address: ${SECRETS.mongo}${entry("1-59/10 * * * *", "2-59/10 * * * *", `{ full: "* * * * *" }`, `, scratch: ${SECRETS.scratch}`)}
  redis:
    engine: redis
    address: ${SECRETS.redis}
    aof: true${entry("3-59/10 * * * *", "4-59/10 * * * *", `{ full: "* * * * *" }`)}
  uploads:
    engine: files
    paths: [${UPLOADS}]
    exclude: ["*${DRAFT}"]${entry("5-59/10 * * * *", "6-59/10 * * * *", `{ full: "* * * * *" }`)}
  settings:
    engine: configuration
    paths: [${SETTINGS.join(", ")}]${entry("7-59/10 * * * *", "8-59/10 * * * *", `{ full: "* * * * *" }`)}
storage: { local: true, redundancy: geo }
services:
  backend: { port: 8000, health: /health, restart: always, uses: [postgres] }
dns: { zone: cotai.test, name: app.cotai.test, ttl: 5s }
failover: { mode: manual, authority: [primary] }
api: { token: ${SECRETS.token} }
alerts:
  checkEvery: 30s
  channels:
    tester: { type: webhook, address: ${SECRETS.webhook} }
  rules:
    cpu: { enabled: false }
    memory: { enabled: false }
    disk: { enabled: false }
    backupAge: { above: ${BACKUP_AGE_S}s }
    backupSize: { below: 512 B }
    backupSizeChange: { above: 90 }
    backupSuccess: { below: 5 }
    backupSpace: { below: 30 MB }
    oneCopyOnly: { after: 0s }
    replicationLag: { above: 30s, after: 1m }
people:
  contacts:
    primary: { name: The tester, phone: TODO, email: TODO }
`;
