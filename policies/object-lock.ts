import { at, atLeast, each, EXEMPT, got, is, ofType, refersTo, without, type Rule } from "./rule";
import { AWS, AZURE } from "./types";

/** What was written as a backup cannot be changed or deleted before its time, by a thief of credentials either. */
export const objectLock: Rule<{ exempt: readonly string[]; days: number }> = {
  name: "object-lock",
  description: "Backups cannot be changed or deleted before their time.",
  settings: {
    exempt: `${EXEMPT} Logs have a lifecycle of their own.`,
    days: "Days for which nothing is deleted, at least.",
  },
  defaults: { exempt: ["*-logs"], days: 7 },
  violations: (resources, { exempt, days }) => [
    ...each(without(exempt, ofType(resources, AWS.bucket)), (bucket) => {
      const enabled = bucket.props["objectLockEnabled"];
      if (!is(enabled, true))
        return `${bucket.name} must lock what is written; got objectLockEnabled: ${got(enabled)}. Set it to true`;
      const lock = ofType(resources, AWS.bucketLock).find((one) => refersTo(one, "bucket", bucket))?.props;
      const kept = at(lock, "rule", "defaultRetention");
      return atLeast(at(kept, "days"), days) || atLeast(at(kept, "years"), 1)
        ? undefined
        : `${bucket.name} must lock what is written for ${days} days or more; got ${got(at(kept, "days"))}. Add a BucketObjectLockConfiguration`;
    }),
    ...each(without(exempt, ofType(resources, AWS.backupVault)), (vault) => {
      const lock = ofType(resources, AWS.backupVaultLock).find((one) => refersTo(one, "backupVaultName", vault));
      return lock && atLeast(lock.props["minRetentionDays"], days)
        ? undefined
        : `${vault.name} must keep recovery points for ${days} days or more; got ${got(lock?.props["minRetentionDays"])}. Add a VaultLockConfiguration with minRetentionDays`;
    }),
    ...each(without(exempt, ofType(resources, AZURE.container)), (container) => {
      const policy = ofType(resources, AZURE.containerLock).find((one) => refersTo(one, "containerName", container));
      const account = ofType(resources, AZURE.account).find((one) => refersTo(container, "accountName", one))?.props;
      const ofAccount = at(
        account,
        "immutableStorageWithVersioning",
        "immutabilityPolicy",
        "immutabilityPeriodSinceCreationInDays",
      );
      const period = policy?.props["immutabilityPeriodSinceCreationInDays"] ?? ofAccount;
      return atLeast(period, days)
        ? undefined
        : `${container.name} must lock what is written for ${days} days or more; got ${got(period)}. Add a BlobContainerImmutabilityPolicy, or immutableStorageWithVersioning on its account`;
    }),
  ],
};
