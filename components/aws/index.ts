export { Alerts, type AlertsArgs } from "./alerts";
export { AuroraDatabase, type AuroraDatabaseArgs } from "./aurora-database";
export { BackupBucket, type BackupBucketArgs } from "./backup-bucket";
export { Database, type DatabaseArgs } from "./database";
export { FailoverRecord, type FailoverRecordArgs } from "./failover-record";
export { Foundation, foundationOf, type FoundationArgs } from "./foundation";
export { Quarantine, type QuarantineArgs } from "./quarantine";
export { ScheduledBackup, type ScheduledBackupArgs } from "./scheduled-backup";
export { Service, type ServiceArgs } from "./service";
