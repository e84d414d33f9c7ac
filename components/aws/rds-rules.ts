import * as pulumi from "../../provider/pulumi";
import type { DatabaseArgs } from "../contract";

/** The role that a database is made with; the application gets one of its own from a person. */
export const ADMINISTRATOR = "dradmin";

const GIB = 2 ** 30;

/** RDS keeps automated backups 1 to 35 days; AWS Backup keeps what must be kept longer. */
export const pitrDaysOf = (keepFulls = 7) => Math.min(35, Math.max(1, keepFulls));

/** Half as much again as the data is said to be, and four times as far as it may grow: RDS adds to it, and never takes away. */
export function storageOf(sizeBytes = 0) {
  const allocatedStorage = Math.max(20, Math.ceil((sizeBytes * 1.5) / GIB));
  return { allocatedStorage, maxAllocatedStorage: Math.max(100, allocatedStorage * 4) };
}

/** What differs from RDS' own defaults. */
export const parametersOf = ({ slotCapMiB = 1024 }: Pick<DatabaseArgs, "slotCapMiB">) => [
  { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
  // A region that is gone must not fill this one's disk with the WAL that its replica still wants.
  { name: "max_slot_wal_keep_size", value: String(slotCapMiB), applyMethod: "immediate" },
];

/** A recovery by restore reads the automated backup that RDS has copied here. */
export function restoreOf({ site, replica = "none", recoverFrom, automatedBackup }: DatabaseArgs) {
  if (!isRestored({ site, replica, recoverFrom })) return {};
  const point =
    recoverFrom === undefined || recoverFrom === "latest"
      ? { useLatestRestorableTime: true }
      : { restoreTime: recoverFrom };
  return { restoreToPointInTime: { sourceDbInstanceAutomatedBackupsArn: automatedBackup!, ...point } };
}

const isRestored = ({ site, replica, recoverFrom }: Pick<DatabaseArgs, "site" | "replica" | "recoverFrom">) =>
  site.activation === "active" && site.lost !== undefined && (replica === "none" || recoverFrom !== undefined);

/** What RDS cannot do is said before anything is asked of it. */
export function refuseDatabase(name: string, args: DatabaseArgs, resource: pulumi.ComponentResource): void {
  const { site, replica = "none", recoverFrom, automatedBackup, password } = args;
  const refuse = (message: string) => {
    throw new pulumi.ResourceError(message, resource, true);
  };
  if (replica === "synchronous")
    refuse(
      `data.${name}.replica must be streaming or none on aws: between regions RDS replicates asynchronously; got synchronous`,
    );
  if (replica === "streaming" && password === undefined)
    refuse(
      `dr:databasePassword must be set, as a secret and the same at all sites, for data.${name} has a replica: RDS makes none of an instance whose password it manages. Set it: npx pulumi config set --secret dr:databasePassword`,
    );
  if (recoverFrom !== undefined && recoverFrom !== "latest" && Number.isNaN(Date.parse(recoverFrom)))
    refuse(
      `dr:recoverFrom must be latest or a moment on aws, where RDS' automated backups are read; got ${recoverFrom}`,
    );
  if (isRestored({ site, replica, recoverFrom }) && automatedBackup === undefined)
    refuse(
      `dr:automatedBackups.${name} must name the automated backup that is restored; got none. Find it: aws rds describe-db-instance-automated-backups --region ${site.location}`,
    );
}
