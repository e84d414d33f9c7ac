import type { Inputs } from "./fakes";

const nothing = () => ({});
const ACCOUNT = "111122223333";

/** The name that AWS, or Pulumi for it, gives where the program gives none. */
const named = (inputs: Inputs, name: string) => (inputs.name as string | undefined) ?? `${name}-0a1b2c3`;
const arn =
  (service: string, resource: string) =>
  (inputs: Inputs, name: string): Inputs => ({
    name: named(inputs, name),
    arn: `arn:aws:${service}:${String(inputs.region)}:${ACCOUNT}:${resource}${named(inputs, name)}`,
  });

/** What the resources of services, backups, alerts and quarantine learn when they are really made. */
export const learnedFromAwsServices: Readonly<Record<string, (inputs: Inputs, name: string) => Inputs>> = {
  "aws:appautoscaling/policy:Policy": nothing,
  "aws:appautoscaling/target:Target": nothing,
  "aws:backup/plan:Plan": nothing,
  "aws:backup/restoreTestingPlan:RestoreTestingPlan": nothing,
  "aws:backup/restoreTestingSelection:RestoreTestingSelection": nothing,
  "aws:backup/selection:Selection": nothing,
  "aws:backup/vault:Vault": arn("backup", "backup-vault:"),
  "aws:backup/vaultLockConfiguration:VaultLockConfiguration": nothing,
  "aws:cloudwatch/eventRule:EventRule": arn("events", "rule/"),
  "aws:cloudwatch/eventTarget:EventTarget": nothing,
  "aws:cloudwatch/metricAlarm:MetricAlarm": arn("cloudwatch", "alarm:"),
  "aws:ec2/networkAcl:NetworkAcl": nothing,
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": nothing,
  "aws:ecr/replicationConfiguration:ReplicationConfiguration": nothing,
  "aws:ecr/repository:Repository": arn("ecr", "repository/"),
  "aws:ecs/service:Service": (inputs, name) => ({ name: named(inputs, name) }),
  "aws:ecs/taskDefinition:TaskDefinition": ({ region, family }) => {
    const arnWithoutRevision = `arn:aws:ecs:${String(region)}:${ACCOUNT}:task-definition/${String(family)}`;
    return { arnWithoutRevision, arn: `${arnWithoutRevision}:1` };
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": nothing,
  "aws:lb/listener:Listener": arn("elasticloadbalancing", "listener/"),
  "aws:lb/listenerRule:ListenerRule": nothing,
  "aws:lb/loadBalancer:LoadBalancer": (inputs, name) => ({
    ...arn("elasticloadbalancing", "loadbalancer/app/")(inputs, name),
    ...{ arnSuffix: `app/${named(inputs, name)}/50dc6c495c0c9188`, zoneId: "Z215JYRZR1TBD5" },
    dnsName: `${named(inputs, name)}-1234567890.${String(inputs.region)}.elb.amazonaws.com`,
  }),
  "aws:lb/targetGroup:TargetGroup": (inputs, name) => ({
    ...arn("elasticloadbalancing", "targetgroup/")(inputs, name),
    arnSuffix: `targetgroup/${named(inputs, name)}/6d0ecf831eec9f09`,
  }),
  "aws:rds/snapshot:Snapshot": ({ dbSnapshotIdentifier, region }) => ({
    dbSnapshotArn: `arn:aws:rds:${String(region)}:${ACCOUNT}:snapshot:${String(dbSnapshotIdentifier)}`,
  }),
  "aws:scheduler/schedule:Schedule": nothing,
  "aws:scheduler/scheduleGroup:ScheduleGroup": arn("scheduler", "schedule-group/"),
  "aws:sns/topic:Topic": arn("sns", ""),
  "aws:sns/topicPolicy:TopicPolicy": nothing,
  "aws:sns/topicSubscription:TopicSubscription": nothing,
};
