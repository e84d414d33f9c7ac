import * as iam from "@pulumi/aws/iam";
import * as scheduler from "@pulumi/aws/scheduler";
import { version } from "../../package.json";
import { agentSecrets, REPOSITORY_KEY } from "../../plan/agent-secrets";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { agentJobsOf } from "./agent-jobs";
import { foundationOf } from "./foundation";
import { allow, mayBeTakenBy, policy } from "./iam-policy";
import { identifierOf } from "./identifier";
import { imageAt, makeImageCopies, makeRepository } from "./image";
import { makeManagedBackups } from "./managed-backups";
import { peerOf, placeOf, tagsOf } from "./place";
import { makeTask } from "./task";

export interface ScheduledBackupArgs extends contract.ScheduledBackupArgs {
  /** The agent's image, as `scripts/image` builds it.  @default - this version, in the plan's own repository <plan>/agent */
  readonly image?: string;
  /** Whether images of the plan's repositories are copied to the other region: see {@link makeImageCopies}.  @default true */
  readonly copyImages?: boolean;
  /**
   * Days (3 or more) after which nobody can lift the vaults' locks any more: not an administrator, not AWS. What is stored
   * then is paid for until it is old. It cannot be taken back.
   * @default - never: governance, which an administrator can lift
   */
  readonly complianceAfterDays?: number;
}

const WORK = "/var/lib/pulumi-dr";
const PORT = 8900;
// Files of a machine, as the agent knows them, are written where only its task lives.
const START = [
  "umask 077; mkdir -p keys",
  `printf %s "$${REPOSITORY_KEY}" > keys/restic.key; printf %s "$DR_AGENT" > config.json`,
  `unset ${REPOSITORY_KEY} DR_AGENT; export DR_CONFIG=$PWD/config.json`,
  'exec /usr/bin/tini -g -- node /usr/local/lib/pulumi-dr/agent.cjs "$@"',
].join("; ");

/**
 * Backups on AWS. Databases of RDS are AWS Backup's: see {@link makeManagedBackups}. MongoDB and Redis are the agent's: a
 * Fargate task for each backup and proof, started by EventBridge Scheduler, which writes into the site's bucket; S3 copies
 * it to the other region. On standby all of it is declared and disabled. A task starts only once each of its secrets has a
 * value, which a person puts.
 */
export class ScheduledBackup extends pulumi.ComponentResource {
  constructor(name: string, args: ScheduledBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:ScheduledBackup", name, args, opts);
    const { site, sources, copyImages = true, complianceAfterDays } = args;
    if (complianceAfterDays !== undefined && (!Number.isInteger(complianceAfterDays) || complianceAfterDays < 3))
      throw new pulumi.ResourceError(
        `\`complianceAfterDays\` must be a whole number, 3 or more, which AWS leaves to change one's mind; got ${complianceAfterDays}`,
        this,
        true,
      );

    const far = peerOf(site);
    if (far && copyImages) makeImageCopies(`${name}-images`, site, { here: placeOf(site), far }, this);
    const managed = sources.flatMap(({ name: source, entry, database }) =>
      entry.engine === "postgresql" && database
        ? [{ name: source, entry, identifier: identifierOf(site, source, database) }]
        : [],
    );
    if (managed.length > 0) makeManagedBackups(name, site, { managed, complianceAfterDays }, this);
    const told = sources.filter(({ entry }) => entry.engine === "mongodb" || entry.engine === "redis");
    if (told.length > 0) this.runAgent(name, args, told);

    for (const { name: source, entry } of sources) {
      if (entry.engine === "files" || entry.engine === "configuration")
        void pulumi.log.warn(
          `data.${source}: no agent runs where these files are on aws; run one there (docs/backups.md), else they are not protected`,
          this,
        );
      if (entry.engine === "postgresql" && entry.backup.dump !== undefined)
        void pulumi.log.warn(
          `data.${source}.backup.dump: no dump is taken on aws; AWS Backup's snapshots and RDS' point-in-time recovery stand for it`,
          this,
        );
    }
    this.registerOutputs({});
  }

  /** A task for each job of those sources whose address a secret holds. */
  private runAgent(name: string, args: ScheduledBackupArgs, sources: readonly contract.BackupSource[]): void {
    const { site, bucket, alerts, people, api, services } = args;
    const { clusterArn, privateSubnetIds, appSecurityGroupId, backupKeyArn } = foundationOf(site);
    const here = placeOf(site);
    const { region, account } = here;
    const parts = { plan: site.plan, site: site.name };
    const repository = NAMES.awsAgentRepository.name(parts);
    const image = imageAt(
      args.image ??
        `${account}.dkr.ecr.${region}.amazonaws.com${here.partition === "aws-cn" ? ".cn" : ""}/${repository}:${version}`,
      here,
    );
    if (image.repository) makeRepository(name, site, { here, repository: image.repository, imagesKept: 10 }, this);

    const own = bucket.locations.apply(([first]) => first!);
    const config = pulumi
      .all([own, pulumi.all(services.map(({ name: service, service: { url } }) => ({ name: service, url })))])
      .apply(([location, watched]) =>
        JSON.stringify({
          ...{ ...parts, folder: WORK, keysFolder: `${WORK}/keys`, secretsFolder: `${WORK}/secrets` },
          ...{ address: "127.0.0.1", port: PORT, health: "/healthz", api, alerts, people, services: watched },
          // S3 itself copies what is written here to the other region.
          repositories: [{ name: "own", bucket: location, region }],
          sources: sources.map(({ name: source, entry }) => ({ name: source, entry })),
        }),
      );
    const task = makeTask(
      name,
      site,
      {
        ...{ family: NAMES.awsAgent.name(parts), image, cpu: 1024, memory: 4096, diskGiB: 100 },
        secrets: agentSecrets(
          sources.map(({ entry }) => entry),
          alerts,
        ),
        ...{ environment: { DR_AGENT: config }, entryPoint: ["/bin/sh", "-c", START, "agent"] },
        mayDo: pulumi.all([own, backupKeyArn]).apply(([location, key]) => {
          const arn = `arn:${here.partition}:s3:::${location.split("/")[3]}`;
          return [
            allow(["s3:ListBucket", "s3:GetBucketLocation"], arn),
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], `${arn}/*`),
            allow(["kms:Decrypt", "kms:GenerateDataKey"], key),
          ];
        }),
      },
      this,
    );

    const clock = new iam.Role(
      `${name}-clock`,
      { assumeRolePolicy: mayBeTakenBy("scheduler.amazonaws.com", account), tags: tagsOf(site, `${name}-clock`) },
      { parent: this },
    );
    const starts = pulumi.all([
      task.definition.arnWithoutRevision,
      pulumi.all(task.roles.map(({ arn }) => arn)),
      clusterArn,
    ]);
    new iam.RolePolicy(
      `${name}-clock`,
      {
        role: clock.id,
        policy: starts.apply(([family, roles, cluster]) =>
          policy(
            allow("ecs:RunTask", `${family}:*`, { ArnEquals: { "ecs:cluster": cluster } }),
            allow("iam:PassRole", roles, { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } }),
          ),
        ),
      },
      { parent: this },
    );
    const group = new scheduler.ScheduleGroup(
      name,
      { region, name: NAMES.awsSchedules.name(parts), tags: tagsOf(site, name) },
      { parent: this },
    );
    for (const job of sources.flatMap(({ name: source, entry }) => agentJobsOf(source, entry)))
      new scheduler.Schedule(
        `${name}-${job.name}`,
        {
          ...{ region, name: job.name, groupName: group.name, flexibleTimeWindow: { mode: "OFF" } },
          ...{ scheduleExpression: job.schedule, scheduleExpressionTimezone: job.timeZone },
          state: site.activation === "active" ? "ENABLED" : "DISABLED",
          target: {
            ...{ arn: clusterArn, roleArn: clock.arn },
            input: JSON.stringify({ containerOverrides: [{ name: "main", command: job.command }] }),
            // A backup that begins hours late is no longer the one that was asked for.
            retryPolicy: { maximumRetryAttempts: 5, maximumEventAgeInSeconds: 3600 },
            ecsParameters: {
              ...{ taskDefinitionArn: task.definition.arn, launchType: "FARGATE", propagateTags: "TASK_DEFINITION" },
              networkConfiguration: {
                ...{ subnets: privateSubnetIds, securityGroups: [appSecurityGroupId], assignPublicIp: false },
              },
            },
          },
        },
        { parent: this },
      );
  }
}
