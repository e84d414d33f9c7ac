import { at, atLeast, each, EXEMPT, got, is, ofType, without, type Rule } from "./rule";
import { AWS, AZURE } from "./types";

/** A database can be brought back to any moment of the last days: from before a mistake, too. */
export const pointInTimeRecovery: Rule<{ exempt: readonly string[]; days: number }> = {
  name: "point-in-time-recovery",
  description: "Databases can be restored to any moment of the last days.",
  settings: { exempt: EXEMPT, days: "Days that can be reached, at least." },
  defaults: { exempt: [], days: 7 },
  violations: (resources, { exempt, days }) => [
    // A replica, too: promoted, it would go without backups until somebody noticed.
    ...each(without(exempt, ofType(resources, AWS.database, AWS.databaseCluster)), ({ name, props }) =>
      atLeast(props["backupRetentionPeriod"], days)
        ? undefined
        : `${name} must be restorable to any moment of ${days} days or more; got ${got(props["backupRetentionPeriod"])}. Set backupRetentionPeriod: ${days}`,
    ),
    ...each(without(exempt, ofType(resources, AZURE.server)), ({ name, props }) => {
      const kept = at(props, "backup", "backupRetentionDays");
      // Azure takes no backups of a replica and says so itself.
      const replica = is(props["createMode"], "Replica") || is(props["createMode"], "GeoReplica");
      return replica || atLeast(kept, days)
        ? undefined
        : `${name} must be restorable to any moment of ${days} days or more; got ${got(kept)}. Set backup.backupRetentionDays: ${days}`;
    }),
  ],
};
