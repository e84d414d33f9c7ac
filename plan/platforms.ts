import type { Platform } from "./schema/sites";

/** What a physical name is built from. Every part is a name of the plan. */
export interface NameParts {
  readonly plan: string;
  readonly site: string;
  readonly service: string;
  readonly data: string;
  readonly database: string;
  readonly secret: string;
}

/** A physical name that a platform limits. */
export interface NameRule {
  readonly platform: Platform | "postgresql";
  /** What has the name, as the platform calls it. */
  readonly thing: string;
  /** Most characters. */
  readonly limit: number;
  /** Parts it is built from. */
  readonly parts: readonly (keyof NameParts)[];
  readonly name: (parts: NameParts) => string;
}

const rule = <const P extends keyof NameParts>(
  platform: NameRule["platform"],
  thing: string,
  limit: number,
  parts: readonly P[],
  name: (parts: Pick<NameParts, P>) => string,
) => ({ platform, thing, limit, parts, name });

/**
 * How physical names are built, and what each platform allows. A plan is held to all of them, whatever its sites run on: `dr:platform`
 * may rehearse it elsewhere, and a system that moves keeps its name.
 */
export const NAMES = {
  awsBucket: rule("aws", "S3 bucket", 63, ["plan", "site"], (p) => `${p.plan}-${p.site}-backups`),
  // Of 63, its generation takes 4 at the end.
  awsDatabase: rule(
    "aws",
    "RDS instance before its generation",
    59,
    ["plan", "site", "data"],
    (p) => `${p.plan}-${p.site}-${p.data}`,
  ),
  awsBucketCopy: rule("aws", "S3 bucket", 63, ["plan", "site"], (p) => `${p.plan}-${p.site}-backups-copy`),
  awsKeyAlias: rule("aws", "KMS alias", 256, ["plan", "site"], (p) => `alias/${p.plan}-${p.site}-data`),
  awsBackupKeyAlias: rule("aws", "KMS alias", 256, ["plan", "site"], (p) => `alias/${p.plan}-${p.site}-backups`),
  awsCluster: rule("aws", "ECS cluster", 255, ["plan", "site"], (p) => `${p.plan}-${p.site}`),
  awsSecret: rule("aws", "secret", 512, ["plan", "site", "secret"], (p) => `${p.plan}/${p.site}/${p.secret}`),
  awsTargetGroup: rule(
    "aws",
    "target group",
    32,
    ["plan", "site", "service"],
    (p) => `${p.plan}-${p.site}-${p.service}`,
  ),
  awsBackupRole: rule("aws", "IAM role", 64, ["plan", "site", "data"], (p) => `${p.plan}-${p.site}-${p.data}-backup`),
  awsAgent: rule("aws", "ECS task family", 255, ["plan", "site"], (p) => `${p.plan}-${p.site}-agent`),
  awsAgentRepository: rule("aws", "ECR repository", 256, ["plan"], (p) => `${p.plan}/agent`),
  awsTask: rule("aws", "ECS task family", 255, ["plan", "site", "service"], (p) => `${p.plan}-${p.site}-${p.service}`),
  awsSchedules: rule("aws", "schedule group", 64, ["plan", "site"], (p) => `${p.plan}-${p.site}`),
  awsVault: rule("aws", "backup vault", 50, ["plan", "site"], (p) => `${p.plan}-${p.site}`),
  awsVaultCopy: rule("aws", "backup vault", 50, ["plan", "site"], (p) => `${p.plan}-${p.site}-copy`),
  awsRestoreTest: rule("aws", "restore testing plan", 50, ["plan", "data"], (p) =>
    `${p.plan}_${p.data}`.replaceAll("-", "_"),
  ),
  awsRegionSwitch: rule("aws", "Region switch plan", 32, ["plan"], (p) => p.plan),
  azureStorage: rule("azure", "storage account", 24, ["plan", "site"], (p) =>
    `${p.plan}${p.site}bk`.replaceAll("-", ""),
  ),
  azureStorageCopy: rule("azure", "storage account", 24, ["plan", "site"], (p) =>
    `${p.plan}${p.site}cp`.replaceAll("-", ""),
  ),
  azureStorageEvidence: rule("azure", "storage account", 24, ["plan", "site"], (p) =>
    `${p.plan}${p.site}ev`.replaceAll("-", ""),
  ),
  azureZoneGroup: rule("azure", "resource group", 90, ["plan"], (p) => `${p.plan}-dns`),
  azureSite: rule("azure", "Container Apps environment", 60, ["plan", "site"], (p) => `${p.plan}-${p.site}`),
  azureVault: rule("azure", "key vault", 24, ["plan", "site"], (p) => `${p.plan}-${p.site}-kv`),
  azureDatabase: rule("azure", "flexible server", 63, ["plan", "site", "data"], (p) => `${p.plan}-${p.site}-${p.data}`),
  azureEndpoint: rule("azure", "virtual endpoint", 63, ["plan", "data"], (p) => `${p.plan}-${p.data}`),
  azureBackupVault: rule("azure", "backup vault", 50, ["plan", "site"], (p) => `${p.plan}-${p.site}-vault`),
  // A source has a job for each kind of work, `verify` the longest: of the longest names the beginning must do.
  azureJob: rule("azure", "container apps job", 32, ["data"], (p) => `${p.data.slice(0, 25)}-verify`),
  azureApp: rule("azure", "container app", 32, ["plan", "service"], (p) => `${p.plan}-${p.service}`),
  kubernetesNamespace: rule("kubernetes", "namespace", 63, ["plan"], (p) => p.plan),
  kubernetesService: rule("kubernetes", "Service", 63, ["plan", "service"], (p) => `${p.plan}-${p.service}`),
  kubernetesCluster: rule("kubernetes", "CloudNativePG cluster", 50, ["plan", "data"], (p) => `${p.plan}-${p.data}`),
  kubernetesBackup: rule("kubernetes", "CronJob", 52, ["plan", "data"], (p) => `${p.plan}-${p.data}-incremental`),
  dockerContainer: rule(
    "docker",
    "container's host name",
    63,
    ["plan", "site", "service"],
    (p) => `${p.plan}-${p.site}-${p.service}`,
  ),
  dockerDatabase: rule(
    "docker",
    "container's host name",
    63,
    ["plan", "site", "data"],
    (p) => `${p.plan}-${p.site}-${p.data}`,
  ),
  postgresSlot: rule("postgresql", "replication slot", 63, ["plan", "site"], (p) =>
    `${p.plan}_${p.site}`.replaceAll("-", "_"),
  ),
  postgresScratch: rule("postgresql", "scratch database", 63, ["database"], (p) => `${p.database}_verify`),
} as const;

/** All rules, for checking. */
export const NAME_RULES: readonly NameRule[] = Object.values(NAMES);

/** Databases that PostgreSQL or a cloud keeps for itself. */
export const RESERVED_DATABASES: Readonly<Record<string, string>> = {
  postgres: "PostgreSQL's own",
  template0: "PostgreSQL's own",
  template1: "PostgreSQL's own",
  rdsadmin: "AWS's own",
  azure_maintenance: "Azure's own",
  azure_sys: "Azure's own",
};
