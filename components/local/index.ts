export { BackupBucket } from "./backup-bucket";
export { Database } from "./database";
export { FailoverRecord } from "./failover-record";
export { ScheduledBackup } from "./scheduled-backup";
export { Service } from "./service";
