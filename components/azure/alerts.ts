import * as alertsmanagement from "@pulumi/azure-native/alertsmanagement";
import * as monitor from "@pulumi/azure-native/monitor";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import {
  backupAgeQuery,
  channelsOf,
  databaseRules,
  phoneOf,
  serviceRules,
  severityOf,
  windowOf,
  type RuleName,
  type Watched,
} from "./alert-rules";
import { Database } from "./database";
import { foundationOf } from "./foundation";
import { placeOf, tagsOf } from "./place";
import { Service } from "./service";

/** Log alerts look back two days at most. */
const LONGEST_LOOK_SECONDS = 172_800;
const SHORT_NAME = 12;

/**
 * Rules of the plan that Azure Monitor can see: databases, services, and the age of backups by the agent's logs. They tell
 * the plan's e-mail and SMS channels; those whose address is a secret are told by the agent, for an action group would
 * show it.
 */
export class Alerts extends pulumi.ComponentResource {
  constructor(name: string, args: contract.AlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:azure:Alerts", name, args, opts);
    const { site, alerts, databases, services } = args;
    // What Azure backs up rings by the vault's own alerts.
    const sources = (args.sources ?? []).flatMap(({ name: source, entry }) =>
      entry.engine === "postgresql" ? [] : [source],
    );
    const { groupName, here, workspaceId } = foundationOf(site);
    const place = placeOf(site, site.name);
    const active = site.activation === "active";
    const child = { parent: this, provider: here };
    const common = { resourceGroupName: groupName, tags: tagsOf(site) };
    const physical = NAMES.azureSite.name({ plan: site.plan, site: site.name });
    const { channels, rules } = alerts;

    const untold = Object.keys(channels).filter((channel) => !["email", "sms"].includes(channels[channel]!.type));
    if (untold.length > 0)
      void pulumi.log.info(
        `alerts.channels: ${untold.join(", ")} are told by the agent: their address is a secret`,
        this,
      );

    const groups = new Map<string, monitor.ActionGroup>();
    const groupFor = (rule: RuleName): pulumi.Output<string>[] => {
      const told = channelsOf(alerts, rule).filter((channel) => !untold.includes(channel));
      if (told.length === 0) return [];
      const key = [...told].sort().join("-");
      const made =
        groups.get(key) ??
        new monitor.ActionGroup(
          `${name}-${key}`,
          {
            ...{ ...common, location: "global", actionGroupName: `${physical}-${key}`, enabled: true },
            groupShortName: site.plan.slice(0, SHORT_NAME),
            emailReceivers: told.flatMap((channel) => {
              const said = channels[channel]!;
              if (said.type !== "email") return [];
              return said.to.map((emailAddress, index) => ({
                ...{ name: `${channel}-${index + 1}`, emailAddress, useCommonAlertSchema: true },
              }));
            }),
            smsReceivers: told.flatMap((channel) => {
              const said = channels[channel]!;
              if (said.type !== "sms") return [];
              return said.to.map((number, index) => {
                const phone = phoneOf(number);
                if (phone) return { name: `${channel}-${index + 1}`, ...phone };
                throw new pulumi.ResourceError(
                  `alerts.channels.${channel}.to must be numbers with their country on azure, such as "+1 555 0001"; got ${number}`,
                  this,
                  true,
                );
              });
            }),
          },
          child,
        );
      groups.set(key, made);
      return [made.id];
    };

    const watch = (on: string, scope: pulumi.Input<string>, namespace: string, watched: readonly Watched[]) => {
      for (const { rule, metric, operator, threshold, aggregation } of watched) {
        const { enabled, after, severity } = rules[rule];
        new monitor.MetricAlert(
          `${name}-${on}-${rule}`,
          {
            ...{
              ...common,
              location: "global",
              ruleName: `${on}-${rule}`,
              scopes: [scope],
              enabled,
              autoMitigate: true,
            },
            ...{ description: `${site.plan} at ${site.name}: ${rule} of ${on}`, severity: severityOf(severity) },
            ...windowOf(after),
            criteria: {
              odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
              allOf: [
                {
                  ...{ name: rule, criterionType: "StaticThresholdCriterion", metricName: metric },
                  ...{ metricNamespace: namespace, operator, threshold, timeAggregation: aggregation },
                },
              ],
            },
            actions: groupFor(rule).map((actionGroupId) => ({ actionGroupId })),
          },
          child,
        );
      }
    };
    for (const [database, made] of Object.entries(databases))
      if (made instanceof Database && made.runs)
        watch(database, made.serverId, "Microsoft.DBforPostgreSQL/flexibleServers", databaseRules(alerts, !active));
    if (active)
      for (const [service, made] of Object.entries(services))
        if (made instanceof Service) watch(service, made.appId, "Microsoft.App/containerApps", serviceRules(alerts));

    const { backupAge } = rules;
    const seconds = backupAge.above + backupAge.after;
    if (active && sources.length > 0 && seconds > LONGEST_LOOK_SECONDS)
      throw new pulumi.ResourceError(
        `alerts.rules.backupAge.above must be 2 days or less on azure, whose log alerts look no further back; got ${seconds} s`,
        this,
        true,
      );
    for (const source of active ? sources : [])
      new monitor.ScheduledQueryRule(
        `${name}-${source}-backupAge`,
        {
          ...{ ...common, location: place.region, ruleName: `${source}-backupAge`, kind: "LogAlert" },
          ...{ scopes: [workspaceId], enabled: backupAge.enabled, severity: severityOf(backupAge.severity) },
          description: `${site.plan} at ${site.name}: the newest verified backup of ${source} is older than the plan allows`,
          ...{ evaluationFrequency: "PT15M", windowSize: "P2D", autoMitigate: true, skipQueryValidation: true }, // its table comes with the first log
          criteria: {
            allOf: [
              {
                ...{
                  query: backupAgeQuery(source, seconds),
                  timeAggregation: "Count",
                  operator: "LessThan",
                  threshold: 1,
                },
                failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
              },
            ],
          },
          actions: { actionGroups: groupFor("backupAge") },
        },
        child,
      );

    // Azure raises an alert for each failed backup of the vault by itself; who is told it must be said.
    const failed = groupFor("backupFailed");
    if (failed.length > 0)
      new alertsmanagement.AlertProcessingRuleByName(
        `${name}-backupFailed`,
        {
          ...{ ...common, location: "global", alertProcessingRuleName: `${physical}-backupFailed` },
          properties: {
            ...{
              enabled: rules.backupFailed.enabled,
              actions: [{ actionType: "AddActionGroups", actionGroupIds: failed }],
            },
            scopes: [`/subscriptions/${place.subscription}/resourceGroups/${place.group}`],
            conditions: [{ field: "MonitorService", operator: "Equals", values: ["Azure Backup"] }],
          },
        },
        child,
      );
    this.registerOutputs({});
  }
}
