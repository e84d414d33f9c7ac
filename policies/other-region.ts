import { at, each, EXEMPT, got, is, isSet, listOf, ofType, refersTo, without, type Resource, type Rule } from "./rule";
import { AWS, AZURE } from "./types";

/** A database survives its region: a replica there, its backups there, or both. */
export const otherRegion: Rule<{ exempt: readonly string[] }> = {
  name: "other-region",
  description: "Databases and their backups exist in another region, too.",
  settings: { exempt: EXEMPT },
  defaults: { exempt: [] },
  violations: (resources, { exempt }) => [
    ...each(without(exempt, ofType(resources, AWS.database)), (database) =>
      isSet(database.props["replicateSourceDb"]) || awsCopies(resources, database)
        ? undefined
        : `${database.name} must be in another region, too; got neither a replica nor replicated backups. Add an InstanceAutomatedBackupsReplication there`,
    ),
    ...each(without(exempt, ofType(resources, AWS.backupPlan)), ({ name, props }) => {
      const alone = listOf(props["rules"])?.find((rule) => listOf(at(rule, "copyActions"))?.length === 0);
      return alone === undefined
        ? undefined
        : `${name} must copy each recovery point to another region; got ${got(at(alone, "ruleName"))} without a copy. Add copyActions to it`;
    }),
    ...each(without(exempt, ofType(resources, AZURE.server)), (server) => {
      const geo = at(server.props, "backup", "geoRedundantBackup");
      const replica = ofType(resources, AZURE.server).some((one) => refersTo(one, "sourceServerResourceId", server));
      return replica || isSet(server.props["sourceServerResourceId"]) || is(geo, "Enabled")
        ? undefined
        : `${server.name} must be in another region, too; got ${got(geo)}. Set backup.geoRedundantBackup: "Enabled", which is only possible when it is made, or add a replica`;
    }),
  ],
};

const awsCopies = (resources: readonly Resource[], database: Resource) =>
  ofType(resources, AWS.databaseBackups).some((one) => refersTo(one, "sourceDbInstanceArn", database)) ||
  ofType(resources, AWS.database).some((one) => refersTo(one, "replicateSourceDb", database));
