import * as pulumi from "../provider/pulumi";
import type { Database, SiteArgs } from "../components/contract";
import { siteNames, type Plan } from "../plan";
import { agentSecrets } from "../plan/agent-secrets";
import { entryService } from "../plan/entry";
import { isOf, sourceOfBackup } from "../provider/postgres/recovery-point";
import type { SiteConfig } from "./config";
import { platformNamed } from "./platform";

/** One site of a plan: the same program for prod and dr, apart from one word, `activation`. */
export function site(config: SiteConfig) {
  const { plan, activation, demotionTokens, siteIsLost, lossFoundAt } = config;
  const { generations = {}, automatedBackups = {}, adopt = {} } = config;
  const platform = platformNamed(config.platform);
  const alone: SiteArgs = {
    ...{ plan: plan.name, name: config.site, all: siteNames(plan), sites: plan.sites },
    ...{ location: config.location, activation },
    ...(siteIsLost ? { lost: siteIsLost } : {}),
    ...(lossFoundAt ? { lossFoundAt } : {}),
    adopt,
    ...(plan.failover.maxLoss === undefined ? {} : { maxLossSeconds: plan.failover.maxLoss }),
  };
  const foundation =
    platform.Foundation &&
    new platform.Foundation("site", { site: alone, dns: plan.dns, storage: plan.storage, secrets: secretsOf(plan) });
  const self: SiteArgs = foundation ? { ...alone, foundation } : alone;
  if (siteIsLost)
    void pulumi.log.warn(`${siteIsLost} is said to be lost: ${config.site} holds the one copy until it returns`);

  const bucket = new platform.BackupBucket("backups", {
    ...{ site: self, storage: plan.storage },
    retentions: Object.values(plan.data).map(({ retention }) => retention),
  });

  const databases: Record<string, Database> = {};
  for (const [name, entry] of Object.entries(plan.data)) {
    if (entry.engine === "mongodb" || entry.engine === "redis")
      void pulumi.log.info(
        `data.${name}: ${config.platform} builds no ${entry.engine} server; the one whose address the secret ${entry.address} holds is protected, and none while it is not set`,
      );
    if (entry.engine !== "postgresql") continue;
    databases[name] = new platform.Database(name, {
      ...{ site: self, bucket, database: entry.database, replica: entry.replica, failoverName: plan.dns.name },
      ...{ archiveTimeoutSeconds: entry.backup.archiveTimeout, slotCapMiB: Math.ceil(entry.slotCap / 2 ** 20) },
      ...{ keepFulls: Math.max(1, entry.retention.daily) },
      ...{ queries: entry.verify.queries, version: entry.version },
      ...(entry.size === undefined ? {} : { sizeBytes: entry.size }),
      ...recoverFromFor(name, config.recoverFrom),
      ...(generations[name] ? { generations: generations[name] } : {}),
      ...(automatedBackups[name] ? { automatedBackup: automatedBackups[name] } : {}),
      ...(config.databasePassword ? { password: config.databasePassword } : {}),
      ...(demotionTokens[name] ? { demotionToken: demotionTokens[name] } : {}),
    });
  }

  const services = Object.entries(plan.services).map(([name, service]) => {
    const used = service.uses.flatMap((data) => databases[data] ?? []);
    return {
      name,
      uses: service.uses,
      service: new platform.Service(name, {
        ...{ ...service, site: self, databases: used },
        public: name === entryService(plan),
      }),
    };
  });

  const sources = Object.entries(plan.data).map(([name, entry]) => {
    const database = databases[name];
    const user = services.find(({ uses }) => uses.includes(name));
    return { name, entry, ...(database ? { database } : {}), ...(user ? { warmedBy: user.service } : {}) };
  });
  new platform.ScheduledBackup("agent", {
    ...{ site: self, bucket, sources, services, failoverName: plan.dns.name },
    ...{ alerts: plan.alerts, people: plan.people, api: plan.api, keyRotation: plan.storage.keyRotation },
  });

  const all = { databases, services: Object.fromEntries(services.map(({ name, service }) => [name, service])) };
  if (platform.Alerts)
    new platform.Alerts("alerts", { ...all, site: self, bucket, sources, alerts: plan.alerts, people: plan.people });
  if (config.quarantine && !platform.Quarantine)
    throw new pulumi.RunError(`dr:quarantine must not be set on ${config.platform}, which has no quarantine yet`);
  if (config.quarantine && platform.Quarantine)
    new platform.Quarantine("quarantine", { ...all, site: self, reason: config.quarantine, breach: plan.breach });

  return {
    activation,
    roles: mapOf(databases, ({ role }) => role),
    endpoints: mapOf(databases, ({ address, port }) => pulumi.interpolate`${address}:${port}`),
    epochs: mapOf(databases, ({ epoch }) => epoch),
    demotionTokens: mapOf(databases, (database) => database.demotionToken),
    buckets: bucket.locations,
  };
}

/** The secrets that the plan names for what runs at a site, its agent included. */
function secretsOf({ services, data, alerts }: Plan): readonly string[] {
  const named = Object.values(services).flatMap(({ secrets }) => secrets);
  return [...new Set([...named, ...agentSecrets(Object.values(data), alerts)])].sort();
}

/** A moment is said of all databases, the id of a backup of its own. */
function recoverFromFor(database: string, recoverFrom: string | undefined): { readonly recoverFrom?: string } {
  const source = recoverFrom === undefined ? undefined : sourceOfBackup(recoverFrom);
  return recoverFrom === undefined || (source !== undefined && !isOf(source, database)) ? {} : { recoverFrom };
}

function mapOf<T>(databases: Record<string, Database>, value: (database: Database) => pulumi.Output<T>) {
  return Object.fromEntries(Object.entries(databases).map(([name, database]) => [name, value(database)]));
}
