import * as ec2 from "@pulumi/aws/ec2";
import * as rds from "@pulumi/aws/rds";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { makeDatabaseSecret } from "./database-secret";
import { foundationOf } from "./foundation";
import { lineageOf } from "./lineage";
import { POSTGRESQL } from "./network";
import { arnOf, placeOf, tagsOf } from "./place";
import { ADMINISTRATOR, pitrDaysOf, refuseDatabase } from "./rds-rules";

export interface AuroraDatabaseArgs extends contract.DatabaseArgs {
  /** The site whose cluster Aurora has as the writer: a person moves it, and says so here.  @default - the plan's first site */
  readonly writer?: string;
  /** @default "db.r7g.large" */
  readonly instanceClass?: string;
  /** Instances in the region, each in a zone of its own.  @default 2 */
  readonly instances?: number;
}

/**
 * PostgreSQL by Aurora, as a global database: a cluster at each site, the second one behind by about a second. What makes the second
 * one the writer is an act on the whole, which no declaration is: a person runs it, and `writer` says so afterwards. Until then a site
 * that is made active is refused, with the command. Both clusters outlive the stack.
 */
export class AuroraDatabase extends pulumi.ComponentResource implements contract.Database {
  readonly address: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly role: pulumi.Output<string>;
  readonly demotionToken: pulumi.Output<string | undefined>;
  readonly epoch: pulumi.Output<number | undefined>;
  readonly secretArn: pulumi.Output<string>;
  readonly identifier: string;

  constructor(name: string, args: AuroraDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:AuroraDatabase", name, args, opts);
    const { site, database, version = 17, generations, password, writer = site.all[0] } = args;
    const { instanceClass = "db.r7g.large", instances = 2 } = args;
    refuseDatabase(name, { ...args, replica: "streaming" }, this);
    const foundation = foundationOf(site);
    const here = placeOf(site);
    const { region } = here;
    const { identifier, generation, suffix, bornReplica } = lineageOf(site, name, generations);
    const whole = `${site.plan}-${name}`;
    const isWriter = writer === site.name;
    if (site.activation === "active" && !isWriter) {
      const act = site.lost ? "failover-global-cluster --allow-data-loss" : "switchover-global-cluster";
      const target = arnOf(here, "rds", `cluster:${identifier}`);
      throw new pulumi.ResourceError(
        `\`writer\` must be ${site.name} before that site is active: no declaration moves Aurora's writer; got ${writer}. Move it: aws rds ${act} --region ${region} --global-cluster-identifier ${whole} --target-db-cluster-identifier ${target}`,
        this,
        true,
      );
    }
    const common = (thing: string) => ({ region, tags: tagsOf(site, thing) });
    const kept = { parent: this, retainOnDelete: true, protect: true };
    const engine = "aurora-postgresql";

    // The site that had the first cluster has the whole; the other one joins it by its name.
    const global = bornReplica
      ? undefined
      : new rds.GlobalCluster(
          name,
          {
            ...{ region, globalClusterIdentifier: whole, engine, engineVersion: String(version) },
            ...{ storageEncrypted: true, deletionProtection: true },
          },
          { ...kept, ignoreChanges: ["engineVersion"] },
        );
    const subnets = new rds.SubnetGroup(
      name,
      { ...common(name), subnetIds: foundation.privateSubnetIds },
      { parent: this },
    );
    const parameters = new rds.ClusterParameterGroup(
      name,
      {
        ...{ ...common(name), family: `${engine}${version}` },
        parameters: [{ name: "rds.force_ssl", value: "1", applyMethod: "immediate" }],
      },
      { parent: this },
    );
    const fence = new ec2.SecurityGroup(
      `${name}-fence`,
      { ...common(`${name}-fence`), vpcId: foundation.vpcId, description: "Nobody: a writer that is not live" },
      { parent: this },
    );
    const fenced = site.activation === "standby" && isWriter;
    const cluster = new rds.Cluster(
      `${name}${suffix}`,
      {
        ...{ ...common(`${name}${suffix}`), clusterIdentifier: identifier, engine, engineVersion: String(version) },
        globalClusterIdentifier: global ? global.id : whole,
        ...(bornReplica
          ? {}
          : {
              ...{ databaseName: database, masterUsername: ADMINISTRATOR },
              ...{ masterPasswordWo: pulumi.secret(password!), masterPasswordWoVersion: 1 },
            }),
        ...{ port: POSTGRESQL, storageEncrypted: true, kmsKeyId: foundation.keyArn, dbSubnetGroupName: subnets.name },
        ...{ dbClusterParameterGroupName: parameters.name, iamDatabaseAuthenticationEnabled: true },
        vpcSecurityGroupIds: [fenced ? fence.id : foundation.dataSecurityGroupId],
        ...{
          backupRetentionPeriod: pitrDaysOf(args.keepFulls),
          copyTagsToSnapshot: true,
          deleteAutomatedBackups: false,
        },
        ...{ deletionProtection: true, skipFinalSnapshot: false, finalSnapshotIdentifier: `${identifier}-final` },
        ...{ enabledCloudwatchLogsExports: ["postgresql"], applyImmediately: true },
      },
      {
        ...kept,
        ignoreChanges: [
          "engineVersion", // Aurora takes minor versions by itself
          "globalClusterIdentifier", // a failover may take the cluster out of the whole
          "replicationSourceIdentifier", // and turns who follows whom
        ],
        customTimeouts: { create: "3h", update: "3h" },
      },
    );
    for (let nth = 1; nth <= instances; nth++)
      new rds.ClusterInstance(
        `${name}${suffix}-${nth}`,
        {
          ...{ ...common(`${name}${suffix}-${nth}`), identifier: `${identifier}-${nth}`, engine, instanceClass },
          ...{ clusterIdentifier: cluster.id, dbSubnetGroupName: subnets.name, publiclyAccessible: false },
          ...{ performanceInsightsEnabled: true, performanceInsightsKmsKeyId: foundation.keyArn },
        },
        { parent: this }, // without data of its own: that is the cluster's
      );

    this.identifier = identifier;
    this.address = cluster.endpoint;
    this.port = cluster.port;
    this.role = pulumi.output(isWriter ? "primary" : "standby");
    this.demotionToken = pulumi.output(undefined);
    this.epoch = pulumi.output(undefined);
    this.secretArn = makeDatabaseSecret(this, name, { ...args, generation, address: this.address, port: this.port });
    const { address, port, role, secretArn } = this;
    this.registerOutputs({ address, port, role, secretArn });
  }
}
