import * as app from "@pulumi/azure-native/app";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type { DataEntry } from "../../plan";
import type * as contract from "../contract";
import { asIdentity, fromSecrets, fromValues, secretName, secretsOf } from "./container";
import { utcCron } from "./cron";
import { Database } from "./database";
import { foundationOf } from "./foundation";
import { placeOf, tagsOf } from "./place";
import { makeBackupVault, protectServers } from "./backup-vault";

export interface ScheduledBackupArgs extends contract.ScheduledBackupArgs {
  /** The agent's image, as `scripts/image` makes it. */
  readonly image?: string;
  /** A registry that the site's identity may pull it from.  @default - it is public */
  readonly registry?: string;
  /** The longest that one backup may take, in seconds.  @default 14400 (4 hours) */
  readonly timeoutSeconds?: number;
}

const IMAGE = "pulumi-dr-agent:latest";
const FOUR_HOURS = 14_400;
const SOFT_DELETE_DAYS = 30;

/**
 * The agent as Container Apps jobs, one for each source and kind of work, by the plan's schedules in UTC; and for databases
 * that Azure runs a backup vault, for what is kept longer than their own point-in-time restore reaches. Jobs run on an active
 * site only.
 */
export class ScheduledBackup extends pulumi.ComponentResource {
  constructor(name: string, args: ScheduledBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:azure:ScheduledBackup", name, args, opts);
    const { site, bucket, sources, services, alerts, people, api } = args;
    const { image = IMAGE, registry, timeoutSeconds = FOUR_HOURS } = args;
    const foundation = foundationOf(site);
    const { groupName, here, environmentId, identity, access } = foundation;
    const place = placeOf(site, site.name);
    const child = { parent: this, provider: here };
    const common = { resourceGroupName: groupName, location: place.region, tags: tagsOf(site) };

    for (const { name: source, entry, warmedBy } of site.activation === "active" ? sources : []) {
      if (entry.engine === "postgresql") continue; // Azure's own backups: nobody reaches the server's disk
      const warm = entry.engine === "redis" ? entry.warm : undefined;
      const config = pulumi
        .all([bucket.locations, services.map(({ service: { url } }) => url), warmedBy?.url])
        .apply(([buckets, urls, warmed]) =>
          JSON.stringify({
            ...{ plan: site.plan, site: site.name, folder: STATE, keysFolder: SECRETS, secretsFolder: SECRETS },
            ...{ address: "127.0.0.1", port: api.port, health: "/healthz", alerts, people, api },
            services: services.map(({ name: service }, index) => ({ name: service, url: urls[index] })),
            // A container that object replication fills takes no other write: Azure answers 409.
            repositories: buckets.slice(0, 1).map((bucket) => ({ name: "own", bucket })),
            sources: [
              {
                ...{ name: source, entry, ...("paths" in entry ? { root: "/" } : {}) },
                ...(warm !== undefined && warmed ? { warm: new URL(warm, warmed).href } : {}),
              },
            ],
          }),
        );
      const secrets = ["address" in entry ? entry.address : undefined, api.token].filter((one) => one !== undefined);
      for (const [work, cron] of Object.entries(worksOf(entry))) {
        const zone = work in PROOFS ? entry.verify.timeZone : entry.backup.timeZone;
        const cronExpression = utcCron(cron, zone);
        if (cronExpression === undefined)
          throw new pulumi.ResourceError(
            `data.${source}: ${work} at ${JSON.stringify(cron)} in ${zone} must be a time in UTC on azure, whose jobs know no other zone; ` +
              `got one that is another with summer time, or falls on another day. Say it with timeZone: UTC`,
            this,
            true,
          );
        new app.Job(
          `${name}-${source}-${work}`,
          {
            ...{ ...common, jobName: NAMES.azureJob.name({ data: source }).replace(/verify$/, work), environmentId },
            ...{ workloadProfileName: "Consumption", identity: asIdentity(foundation) },
            configuration: {
              ...{ triggerType: "Schedule", replicaTimeout: timeoutSeconds, replicaRetryLimit: 1 },
              scheduleTriggerConfig: { cronExpression, parallelism: 1, replicaCompletionCount: 1 },
              ...(registry ? { registries: [{ server: registry, identity: identity.id }] } : {}),
              // The config holds no secret; a file is what the agent reads it from.
              secrets: [{ name: "config", value: config }, ...secretsOf([...KEYS, ...secrets], foundation)],
            },
            template: {
              containers: [
                {
                  ...{ name: "agent", image, args: ["--once", work, source], resources: { cpu: 1, memory: "2Gi" } },
                  env: [
                    ...fromValues({ DR_CONFIG: `${CONFIG}/config.json`, AZURE_CLIENT_ID: identity.clientId }),
                    ...fromSecrets(secrets),
                  ],
                  volumeMounts: [
                    { volumeName: "config", mountPath: CONFIG },
                    { volumeName: "keys", mountPath: SECRETS },
                    { volumeName: "state", mountPath: STATE },
                  ],
                },
              ],
              volumes: [
                { name: "config", storageType: "Secret", secrets: [{ secretRef: "config", path: "config.json" }] },
                {
                  ...{ name: "keys", storageType: "Secret" },
                  secrets: KEYS.map((key) => ({ secretRef: secretName(key), path: KEY_FILES[key] })),
                },
                { name: "state", storageType: "EmptyDir" }, // the bucket alone must do
              ],
            },
          },
          { ...child, dependsOn: [...access] },
        );
      }
    }

    // A replica has no backups of its own; what was promoted has, and needs them.
    const backedUp = place.index === 0 || site.activation === "active";
    const servers = sources.flatMap(({ name: source, entry, database }) =>
      entry.engine === "postgresql" && database instanceof Database && backedUp ? [{ source, entry, database }] : [],
    );
    if (sources.some(({ entry }) => entry.engine === "postgresql")) {
      const vault = makeBackupVault(`${name}-vault`, site, { place, groupName, softDelete: SOFT_DELETE_DAYS }, child);
      if (servers.length > 0) protectServers(name, { place, groupName, vault, servers }, child);
    }
    this.registerOutputs({});
  }
}

const CONFIG = "/etc/pulumi-dr/config";
const SECRETS = "/etc/pulumi-dr/keys";
const STATE = "/var/lib/pulumi-dr";
/** What opens restic's repository: put into both sites' vaults by a person, for the DR site needs it when this one is gone. */
const KEYS = ["RESTIC_KEY"] as const;
const KEY_FILES = { RESTIC_KEY: "restic.key" } as const;
const PROOFS = { verify: true, prove: true };

/** The work of a source, by the agent's words for it, and when. */
const worksOf = ({ backup, verify }: Exclude<DataEntry, { engine: "postgresql" }>) => ({
  ...{ full: backup.full, verify: verify.integrity, prove: verify.restore },
});
