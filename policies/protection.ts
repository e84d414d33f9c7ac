import { at, atLeast, each, EXEMPT, got, is, ofType, without, type Resource, type Rule } from "./rule";
import { AWS, AZURE } from "./types";

const DATA = [
  AWS.bucket,
  AWS.database,
  AWS.databaseCluster,
  AWS.backupVault,
  AWS.key,
  AZURE.account,
  AZURE.server,
  AZURE.keyVault,
];

/** Neither a slip in a program nor one in a console deletes what holds data. */
export const protection: Rule<{ exempt: readonly string[]; keyDeletionDays: number }> = {
  name: "protection",
  description: "What holds data is protected from deletion, by Pulumi and by the cloud.",
  settings: {
    exempt: `${EXEMPT} Copies in the other region are left out while it is lost, which protect would stop.`,
    keyDeletionDays: "Days in which the deletion of a key can be taken back, at least.",
  },
  defaults: { exempt: ["*-copy"], keyDeletionDays: 30 },
  violations: (resources, { exempt, keyDeletionDays }) => {
    const data = without(exempt, ofType(resources, ...DATA));
    return [
      ...each(data, ({ name, protect }) =>
        protect
          ? undefined
          : `${name} must be protected, because it holds data; got protect: false. Add the resource option protect: true`,
      ),
      ...each(data, (resource) => faultOf(resource, keyDeletionDays)),
    ];
  },
};

/** What the cloud itself would let happen. */
function faultOf({ type, name, props }: Resource, keyDeletionDays: number): string | undefined {
  const must = (property: string, holds: boolean, rule: string, value: string) =>
    holds
      ? undefined
      : `${name} must ${rule}; got ${property}: ${got(at(props, ...property.split(".")))}. Set ${property}: ${value}`;
  switch (type) {
    case AWS.database:
    case AWS.databaseCluster:
      return (
        must("deletionProtection", is(props["deletionProtection"], true), "refuse to be deleted", "true") ??
        must("skipFinalSnapshot", !isTrue(props["skipFinalSnapshot"]), "leave a last snapshot", "false")
      );
    case AWS.bucket:
    case AWS.backupVault:
      return must("forceDestroy", !isTrue(props["forceDestroy"]), "not be deleted with what is in it", "false");
    case AWS.key: {
      const days = props["deletionWindowInDays"];
      const rule = `wait ${keyDeletionDays} days before it is deleted`;
      // 30 days are KMS' own default.
      return must("deletionWindowInDays", atLeast(days ?? 30, keyDeletionDays), rule, String(keyDeletionDays));
    }
    case AZURE.keyVault: {
      const property = "properties.enablePurgeProtection";
      return must(property, is(at(props, ...property.split(".")), true), "refuse to be purged", "true");
    }
    default:
      return undefined;
  }
}

const isTrue = (value: unknown) => value === true;
