import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as sns from "@pulumi/aws/sns";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import {
  backupAlarms,
  copyAlarms,
  databaseAlarms,
  eventsTold,
  serviceAlarms,
  type Alarm,
  type RuleName,
} from "./alarm-rules";
import { addressesOf, channelsOf } from "./audience";
import { foundationOf } from "./foundation";
import { policy } from "./iam-policy";
import { identifierOf } from "./identifier";
import { arnOf, bucketCopyOf, bucketOf, peerOf, placeOf, tagsOf, type Place } from "./place";
import { Service } from "./service";

export interface AlertsArgs extends contract.AlertsArgs {
  /**
   * Web addresses (https) of channels whose address is a secret, by the channel's name: SNS sends its own JSON there, once that
   * side has confirmed. Slack, Teams, Discord and PagerDuty do not read it; something between must.
   * @default {}
   */
  readonly webhooks?: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * CloudWatch's alarms for what the plan watches, told by SNS. Mail and SMS go to the plan's addresses, which each must confirm
 * once. Other channels' addresses are secrets, which SNS cannot read: the agent tells them what it sees at each of its jobs, and
 * {@link AlertsArgs.webhooks} the rest. Alarms are declared at both sites; on standby they watch the replica, and the
 * copy of the other site's backups, whose arrival S3 tells there.
 */
export class Alerts extends pulumi.ComponentResource {
  constructor(name: string, args: AlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:Alerts", name, args, opts);
    const { site, alerts, databases, services, webhooks = {} } = args;
    const { rules } = alerts;
    const here = placeOf(site);
    const { region } = here;
    const active = site.activation === "active";
    const child = { parent: this };
    const parts = { plan: site.plan, site: site.name };
    const topicOf = makeTopics(name, args, webhooks, this);

    const watch = (part: string, alarms: readonly Alarm[], dimensions: Dimensions) =>
      alarms.forEach((alarm, index) => {
        const earlier = alarms.slice(0, index).filter(({ rule }) => rule === alarm.rule).length;
        const actions = [topicOf(alarm.rule)];
        new cloudwatch.MetricAlarm(
          `${name}-${part}-${alarm.rule}${earlier === 0 ? "" : `-${earlier + 1}`}`,
          {
            ...{ region, ...metricOf(alarm, dimensions), alarmActions: actions, okActions: actions },
            alarmDescription: `[${rules[alarm.rule].severity}] ${site.plan} at ${site.name}, ${part}: ${alarm.description}`,
            ...{ comparisonOperator: alarm.comparison, threshold: alarm.threshold, treatMissingData: alarm.silence },
            ...{ evaluationPeriods: alarm.periods, datapointsToAlarm: alarm.periods, tags: tagsOf(site, name) },
          },
          child,
        );
      });

    const identifiers = Object.entries(databases).map(([data, database]) => identifierOf(site, data, database));
    Object.keys(databases).forEach((data, index) =>
      watch(data, databaseAlarms(rules, site.activation), { DBInstanceIdentifier: identifiers[index]! }),
    );
    const peer = peerOf(site);
    const copyOf = (place: Place) => ({
      ...{ SourceBucket: bucketOf(site.plan, place), DestinationBucket: bucketCopyOf(site.plan, place), RuleId: "all" },
    });
    if (peer) watch("arrivals", copyAlarms(rules, "destination"), copyOf(peer));
    if (active) {
      for (const [service, made] of Object.entries(services))
        if (made instanceof Service)
          watch(service, serviceAlarms(rules), {
            ...{ LoadBalancer: made.watched.balancer, TargetGroup: made.watched.targets },
            ...{ ClusterName: NAMES.awsCluster.name(parts), ServiceName: made.watched.service },
          });
      const backups = backupAlarms(rules).filter(({ rule }) => rule !== "backupAge" || identifiers.length > 0);
      watch("backups", backups, {
        ...{ BackupVaultName: NAMES.awsVault.name(parts), ScheduleGroup: NAMES.awsSchedules.name(parts) },
      });
      if (peer) watch("copies", copyAlarms(rules, "source"), copyOf(here));
      const agentFamilyArn = arnOf(here, "ecs", `task-definition/${NAMES.awsAgent.name(parts)}`);
      for (const { name: event, rule, pattern } of eventsTold(rules, { identifiers, agentFamilyArn })) {
        const heard = new cloudwatch.EventRule(
          `${name}-${event}`,
          { region, eventPattern: JSON.stringify(pattern), tags: tagsOf(site, name) },
          child,
        );
        new cloudwatch.EventTarget(`${name}-${event}`, { region, rule: heard.name, arn: topicOf(rule) }, child);
      }
    }
    this.registerOutputs({});
  }
}

type Dimensions = Readonly<Record<string, pulumi.Input<string>>>;

function metricOf({ metrics, expression, period }: Alarm, dimensions: Dimensions) {
  const pick = (of: readonly string[]) => Object.fromEntries(of.map((key) => [key, dimensions[key]!]));
  const [only] = Object.values(metrics);
  if (expression === undefined && only)
    return {
      namespace: only.namespace,
      metricName: only.name,
      statistic: only.stat,
      period,
      dimensions: pick(only.of),
    };
  return {
    metricQueries: [
      { id: "judged", expression: expression!, label: "judged", returnData: true },
      ...Object.entries(metrics).map(([id, { namespace, name, stat, of }]) => ({
        id,
        metric: { namespace, metricName: name, stat, period, dimensions: pick(of) },
      })),
    ],
  };
}

/** A topic for each set of channels that some rule tells. Answers the ARN by the rule. */
function makeTopics(
  name: string,
  { site, alerts }: contract.AlertsArgs,
  webhooks: Readonly<Record<string, pulumi.Input<string>>>,
  parent: pulumi.ComponentResource,
): (rule: RuleName) => pulumi.Output<string> {
  const { keyArn } = foundationOf(site);
  const { region, account } = placeOf(site);
  const child = { parent };
  const rules = Object.keys(alerts.rules) as RuleName[];
  const silent = Object.keys(alerts.channels).filter(
    (channel) => addressesOf(alerts.channels, channel).length === 0 && webhooks[channel] === undefined,
  );
  if (silent.length > 0)
    void pulumi.log.warn(
      `alerts.channels ${silent.join(", ")}: SNS cannot read the secret that holds their address, so that CloudWatch's alarms do not reach them; the agent's do. Give their web address by \`webhooks\`, or add a channel of type email or sms`,
      parent,
    );

  const topics = new Map<string, pulumi.Output<string>>();
  for (const rule of rules) {
    const channels = channelsOf(alerts, rule);
    const key = channels.join("-") || "nobody";
    if (topics.has(key)) continue;
    const part = `${name}-${key}`;
    const topic = new sns.Topic(part, { region, kmsMasterKeyId: keyArn, tags: tagsOf(site, part) }, child);
    topics.set(key, topic.arn);
    new sns.TopicPolicy(
      part,
      { region, arn: topic.arn, policy: topic.arn.apply((arn) => topicPolicy(arn, account)) },
      child,
    );
    for (const { channel, protocol, endpoint } of channels.flatMap((one) => addressesOf(alerts.channels, one)))
      new sns.TopicSubscription(
        `${part}-${channel}-${endpoint.replaceAll(/[^A-Za-z0-9]+/g, "-")}`,
        { region, topic: topic.arn, protocol, endpoint },
        child,
      );
    for (const channel of channels) {
      const endpoint = webhooks[channel];
      if (endpoint === undefined) continue;
      const args = { region, topic: topic.arn, protocol: "https", endpoint: pulumi.secret(endpoint) };
      new sns.TopicSubscription(`${part}-${channel}-webhook`, args, child);
    }
  }
  return (rule) => topics.get(channelsOf(alerts, rule).join("-") || "nobody")!;
}

/** Alarms and events of this account may be told, and nothing without TLS. */
const topicPolicy = (arn: string, account: string) =>
  policy(
    {
      ...{ Sid: "Alarms", Effect: "Allow", Action: "sns:Publish", Resource: arn },
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Condition: { StringEquals: { "aws:SourceAccount": account } },
    },
    {
      // EventBridge takes no condition here.
      ...{ Sid: "Events", Effect: "Allow", Action: "sns:Publish", Resource: arn },
      Principal: { Service: "events.amazonaws.com" },
    },
    {
      ...{ Sid: "WithoutTls", Effect: "Deny", Principal: "*", Action: "sns:Publish", Resource: arn },
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  );
