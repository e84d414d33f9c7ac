export { Alerts } from "./alerts";
export { BackupBucket, type BackupBucketArgs } from "./backup-bucket";
export { Database, type DatabaseArgs } from "./database";
export { FailoverRecord, type FailoverRecordArgs } from "./failover-record";
export { Foundation, foundationOf, type FoundationArgs } from "./foundation";
export { Quarantine } from "./quarantine";
export { ScheduledBackup, type ScheduledBackupArgs } from "./scheduled-backup";
export { Service, type ServiceArgs } from "./service";
