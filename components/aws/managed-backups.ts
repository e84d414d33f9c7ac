import * as backup from "@pulumi/aws/backup";
import * as iam from "@pulumi/aws/iam";
import * as rds from "@pulumi/aws/rds";
import type { DataEntry } from "../../plan";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { backupRulesOf } from "./backup-rules";
import { foundationOf } from "./foundation";
import { mayBeTakenBy } from "./iam-policy";
import { arnOf, farEnd, peerOf, placeOf, tagsOf } from "./place";
import { scheduleExpressions } from "./schedule";

type Postgresql = Extract<DataEntry, { readonly engine: "postgresql" }>;

/** A database that AWS Backup protects, and what the plan says of it. */
export interface Managed {
  readonly name: string;
  readonly entry: Postgresql;
  /** As RDS knows it, and as its tag `Name` says. */
  readonly identifier: string;
}

/** Days that a vault refuses to delete what it holds, unless all of it is kept for shorter. */
const LOCK_DAYS = 7;

/**
 * AWS Backup for a site's databases: a vault here and one in the other region, both locked; a plan for each database that
 * copies all it takes; and restore tests. On standby it is all there and takes nothing.
 *
 * @param complianceAfterDays After so many days nobody can lift the locks, AWS neither.
 */
export function makeManagedBackups(
  name: string,
  site: SiteArgs,
  { managed, complianceAfterDays }: { managed: readonly Managed[]; complianceAfterDays: number | undefined },
  parent: pulumi.ComponentResource,
): void {
  const { backupKeyArn, farBackupKeyArn, privateSubnetIds } = foundationOf(site);
  const [here, far] = [placeOf(site), peerOf(site)];
  const { region } = here;
  const parts = { plan: site.plan, site: site.name };
  const child = { parent };
  const rules = managed.map(({ entry }) => backupRulesOf(entry));
  const lockDays = Math.min(LOCK_DAYS, ...rules.flat().flatMap((rule) => [rule.deleteAfter, rule.deleteCopyAfter]));

  const vaultAt = (
    part: string,
    vault: { readonly region: string; readonly name: string; readonly kmsKeyArn: pulumi.Output<string> },
    optionsOf: (name: string) => pulumi.CustomResourceOptions,
    protect: boolean,
  ) => {
    const made = new backup.Vault(
      part,
      { ...vault, forceDestroy: false, tags: tagsOf(site, part) },
      { ...optionsOf(part), protect },
    );
    const lock = `${part}-lock`;
    new backup.VaultLockConfiguration(
      lock,
      {
        ...{ region: vault.region, backupVaultName: made.name, minRetentionDays: lockDays },
        // Without it the lock is one that an administrator can lift: governance.
        ...(complianceAfterDays === undefined ? {} : { changeableForDays: complianceAfterDays }),
      },
      optionsOf(lock),
    );
    return made;
  };
  const vault = vaultAt(
    `${name}-vault`,
    { region, name: NAMES.awsVault.name(parts), kmsKeyArn: backupKeyArn },
    () => ({ parent, retainOnDelete: true }),
    true,
  );
  const copy =
    far && farBackupKeyArn
      ? vaultAt(
          `${name}-vault-copy`,
          { region: far.region, name: NAMES.awsVaultCopy.name(parts), kmsKeyArn: farBackupKeyArn },
          (part) => farEnd(site, parent, part),
          false,
        )
      : undefined;

  const role = new iam.Role(
    `${name}-vault`,
    { assumeRolePolicy: mayBeTakenBy("backup.amazonaws.com"), tags: tagsOf(site, `${name}-vault`) },
    child,
  );
  // What AWS Backup needs changes with its own versions: AWS keeps these two up to date.
  for (const work of ["Backup", "Restores"])
    new iam.RolePolicyAttachment(
      `${name}-vault-${work.toLowerCase()}`,
      {
        role: role.name,
        policyArn: `arn:${here.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor${work}`,
      },
      child,
    );
  const subnets = new rds.SubnetGroup(
    `${name}-restore-tests`,
    { region, subnetIds: privateSubnetIds, tags: tagsOf(site, `${name}-restore-tests`) },
    child,
  );

  managed.forEach(({ name: source, entry, identifier }, index) => {
    const part = `${name}-${source}`;
    const plan = new backup.Plan(
      part,
      {
        ...{ region, name: NAMES.awsDatabase.name({ ...parts, data: source }), tags: tagsOf(site, source) },
        rules: rules[index]!.map(({ name: ruleName, schedule, timeZone, deleteAfter, deleteCopyAfter }) => ({
          ...{ ruleName, schedule, scheduleExpressionTimezone: timeZone, targetVaultName: vault.name },
          ...{ startWindow: 60, completionWindow: 8 * 60, lifecycle: { deleteAfter } },
          // Days of the copy are counted from the backup itself.
          copyActions:
            copy && entry.backup.offsite
              ? [{ destinationVaultArn: copy.arn, lifecycle: { deleteAfter: deleteCopyAfter } }]
              : [],
        })),
      },
      child,
    );
    if (site.activation !== "active") return; // who takes no writes is backed up by the site that does
    const tags = { ...tagsOf(site, source), Name: identifier };
    const bears = Object.entries(tags).map(([tag, value]) => ({ key: `aws:ResourceTag/${tag}`, value }));
    new backup.Selection(
      part,
      {
        ...{ region, name: source, planId: plan.id, iamRoleArn: role.arn, resources: [arnOf(here, "rds", "db:*")] },
        conditions: [{ stringEquals: bears }],
      },
      child,
    );
    scheduleExpressions(entry.verify.restore).forEach((schedule, nth) => {
      const test = nth === 0 ? part : `${part}-${nth + 1}`;
      const named = NAMES.awsRestoreTest.name({ plan: site.plan, data: source });
      const proof = new backup.RestoreTestingPlan(
        test,
        {
          ...{ region, name: nth === 0 ? named : `${named}_${nth + 1}`, tags },
          ...{ scheduleExpression: schedule, scheduleExpressionTimezone: entry.verify.timeZone, startWindowHours: 1 },
          recoveryPointSelection: {
            ...{ algorithm: "LATEST_WITHIN_WINDOW", includeVaults: [vault.arn], recoveryPointTypes: ["SNAPSHOT"] },
            selectionWindowDays: 30,
          },
        },
        child,
      );
      new backup.RestoreTestingSelection(
        test,
        {
          ...{ region, name: "database", restoreTestingPlanName: proof.name, protectedResourceType: "RDS" },
          ...{ iamRoleArn: role.arn, protectedResourceConditions: { stringEquals: bears }, validationWindowHours: 1 },
          // It stands in the network's default security group, which reaches nothing and is reached by nobody.
          restoreMetadataOverrides: { dbSubnetGroupName: subnets.name },
        },
        child,
      );
    });
  });
}
