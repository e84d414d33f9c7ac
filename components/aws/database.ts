import * as ec2 from "@pulumi/aws/ec2";
import * as rds from "@pulumi/aws/rds";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { makeDatabaseSecret } from "./database-secret";
import { foundationOf } from "./foundation";
import { lineageOf } from "./lineage";
import { POSTGRESQL } from "./network";
import { arnOf, farEnd, peerOf, placeOf, tagsOf } from "./place";
import { ADMINISTRATOR, parametersOf, pitrDaysOf, refuseDatabase, restoreOf, storageOf } from "./rds-rules";

export interface DatabaseArgs extends contract.DatabaseArgs {
  /** How large a machine, the same at both sites: the standby becomes the writer as it is.  @default "db.m7g.large" */
  readonly instanceClass?: string;
  /** Whether a second machine in another zone of the region takes over within a minute or two. It doubles the price.  @default true */
  readonly multiAz?: boolean;
}

/**
 * PostgreSQL by RDS: the writer on an active site, a replica in another region on a standby one. Making the site active takes
 * the replica's source away, and nothing else: that is what promotes it. A writer never becomes a replica again, so failback
 * makes a new one under the next generation. The instance outlives the stack, and RDS itself refuses to delete it.
 *
 * A writer on standby (the site that was left in a planned switch, or came back) is fenced: nobody reaches it.
 *
 * RDS has data checksums on, always; it archives WAL every 5 minutes, whatever a plan says.
 *
 * @example
 * const orders = new Database("orders", { site, bucket, database: "orders", replica: "streaming", failoverName, password });
 */
export class Database extends pulumi.ComponentResource implements contract.Database {
  readonly address: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly role: pulumi.Output<string>;
  readonly demotionToken: pulumi.Output<string | undefined>;
  readonly epoch: pulumi.Output<number | undefined>;
  /** The secret that holds user, password, host, port and name of the database. */
  readonly secretArn: pulumi.Output<string>;
  /** As RDS and CloudWatch know it. */
  readonly identifier: string;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:Database", name, args, opts);
    const { site, database, replica = "none", version = 17, generations, password } = args;
    const { instanceClass = "db.m7g.large", multiAz = true } = args;
    refuseDatabase(name, args, this);
    const foundation = foundationOf(site);
    const { region, ...here } = placeOf(site);
    const far = peerOf(site);
    const { identifier, generation, suffix, bornReplica, sourceArn } = lineageOf(site, name, generations);
    const active = site.activation === "active";
    const child = { parent: this };
    const common = (thing: string) => ({ region, tags: tagsOf(site, thing) });
    const days = pitrDaysOf(args.keepFulls);

    const subnets = new rds.SubnetGroup(name, { ...common(name), subnetIds: foundation.privateSubnetIds }, child);
    const parameters = new rds.ParameterGroup(
      name,
      { ...common(name), family: `postgres${version}`, parameters: parametersOf(args) },
      child,
    );
    const fence = new ec2.SecurityGroup(
      `${name}-fence`,
      { ...common(`${name}-fence`), vpcId: foundation.vpcId, description: "Nobody: a writer that is not live" },
      child,
    );
    // On standby there is a replica, a fenced writer, or nothing.
    const isThere = active || !bornReplica || replica !== "none";
    const fenced = !active && !bornReplica;

    const instance = isThere
      ? new rds.Instance(
          `${name}${suffix}`,
          {
            ...{ ...common(`${name}${suffix}`), identifier, instanceClass, multiAz, port: POSTGRESQL },
            // A replica inherits these. One that is promoted is not given them either: a promotion never makes an empty database.
            ...(bornReplica
              ? {}
              : {
                  ...{ engine: "postgres", engineVersion: String(version), dbName: database, username: ADMINISTRATOR },
                  ...storageOf(args.sizeBytes),
                }),
            // RDS makes no replica of an instance whose password Secrets Manager manages:
            // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-limitations
            ...(replica === "none"
              ? { manageMasterUserPassword: true, masterUserSecretKmsKeyId: foundation.keyArn }
              : bornReplica
                ? {}
                : { passwordWo: pulumi.secret(password!), passwordWoVersion: 1 }),
            ...(!active && sourceArn !== undefined ? { replicateSourceDb: sourceArn } : {}),
            ...restoreOf(args),
            ...{ storageType: "gp3", storageEncrypted: true, kmsKeyId: foundation.keyArn },
            ...{ dbSubnetGroupName: subnets.name, parameterGroupName: parameters.name, publiclyAccessible: false },
            vpcSecurityGroupIds: [fenced ? fence.id : foundation.dataSecurityGroupId],
            ...{ backupRetentionPeriod: days, copyTagsToSnapshot: true, deleteAutomatedBackups: false },
            ...{ deletionProtection: true, skipFinalSnapshot: false, finalSnapshotIdentifier: `${identifier}-final` },
            ...{ iamDatabaseAuthenticationEnabled: true, caCertIdentifier: "rds-ca-rsa2048-g1" },
            ...{ enabledCloudwatchLogsExports: ["postgresql", "upgrade"], performanceInsightsEnabled: true },
            ...{ performanceInsightsKmsKeyId: foundation.keyArn, performanceInsightsRetentionPeriod: 7 },
            // A recovery does not wait for a maintenance window.
            ...{ autoMinorVersionUpgrade: true, applyImmediately: true },
          },
          {
            ...{ parent: this, retainOnDelete: true, protect: true },
            ignoreChanges: [
              "allocatedStorage", // RDS lets it grow
              "engineVersion", // RDS takes minor versions by itself
              "restoreToPointInTime", // where it came from once
              // Without its source it would be promoted: only `active` says that.
              ...(!active && bornReplica && sourceArn === undefined ? ["replicateSourceDb"] : []),
            ],
            // What AWS is given 40 minutes for by default is an hour's work with a large database.
            customTimeouts: { create: "3h", update: "3h" },
          },
        )
      : undefined;
    const backups = `${name}${suffix}-backups`;
    if (instance && active && far && foundation.farBackupKeyArn)
      new rds.InstanceAutomatedBackupsReplication(
        backups,
        {
          ...{ region: far.region, sourceDbInstanceArn: arnOf({ region, ...here }, "rds", `db:${identifier}`) },
          ...{ retentionPeriod: days, kmsKeyId: foundation.farBackupKeyArn },
        },
        { ...farEnd(site, this, backups), dependsOn: [instance] },
      );

    this.identifier = identifier;
    this.address = instance ? instance.address : pulumi.output("");
    this.port = instance ? instance.port : pulumi.output(POSTGRESQL);
    this.role = instance ? instance.replicateSourceDb.apply(roleOf) : pulumi.output("none");
    this.demotionToken = pulumi.output(undefined);
    this.epoch = pulumi.output(undefined);
    this.secretArn =
      replica !== "none"
        ? makeDatabaseSecret(this, name, { ...args, generation, address: this.address, port: this.port })
        : instance
          ? instance.masterUserSecrets.apply((secrets) => secrets[0]?.secretArn ?? "")
          : pulumi.output("");
    const { address, port, role, secretArn } = this;
    this.registerOutputs({ address, port, role, secretArn });
  }
}

/** RDS says it after every update: what follows another is no writer. */
const roleOf = (source: string | undefined) => (source ? "standby" : "primary");
