import {
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  CreateDBParameterGroupCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  ModifyDBParameterGroupCommand,
  PromoteReadReplicaCommand,
  RDSClient,
  type Parameter,
} from "@aws-sdk/client-rds";
import { perRegion } from "./clients";
import { kind, pascal, tagList, type Inputs, type Tags } from "./kind";

const rds = perRegion((config) => new RDSClient(config));

interface InstanceInputs extends Inputs {
  readonly region: string;
  readonly identifier: string;
  readonly instanceClass: string;
  readonly engine?: string;
  readonly engineVersion?: string;
  readonly dbName?: string;
  readonly username?: string;
  readonly passwordWo?: string;
  readonly allocatedStorage?: number;
  readonly maxAllocatedStorage?: number;
  readonly replicateSourceDb?: string;
  readonly kmsKeyId?: string;
  readonly multiAz?: boolean;
  readonly port?: number;
  readonly storageType?: string;
  readonly storageEncrypted?: boolean;
  readonly parameterGroupName?: string;
  readonly vpcSecurityGroupIds?: string[];
  readonly backupRetentionPeriod?: number;
  readonly copyTagsToSnapshot?: boolean;
  readonly deletionProtection?: boolean;
  readonly publiclyAccessible?: boolean;
  readonly iamDatabaseAuthenticationEnabled?: boolean;
  readonly tags?: Tags;
}

/** What both a writer and a replica are made with. Of the network only groups are sent: there is none to stand in. */
const common = (inputs: InstanceInputs) => ({
  ...{ DBInstanceIdentifier: inputs.identifier, DBInstanceClass: inputs.instanceClass, MultiAZ: inputs.multiAz },
  ...{ Port: inputs.port, StorageType: inputs.storageType, KmsKeyId: inputs.kmsKeyId },
  ...{ VpcSecurityGroupIds: inputs.vpcSecurityGroupIds, DBParameterGroupName: inputs.parameterGroupName },
  ...{ CopyTagsToSnapshot: inputs.copyTagsToSnapshot, DeletionProtection: inputs.deletionProtection },
  ...{ PubliclyAccessible: inputs.publiclyAccessible, Tags: tagList(inputs.tags) },
  EnableIAMDatabaseAuthentication: inputs.iamDatabaseAuthenticationEnabled,
});

/** What RDS says of it, its role included. */
async function learn({ region, identifier }: InstanceInputs): Promise<Inputs> {
  const found = await rds(region).send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }));
  const { DBInstanceArn, Endpoint, DBInstanceStatus, ReadReplicaSourceDBInstanceIdentifier } = found.DBInstances![0]!;
  if (DBInstanceStatus !== "available") throw new Error(`${identifier} is ${DBInstanceStatus}, not available`);
  return {
    ...{ arn: DBInstanceArn, address: Endpoint!.Address, port: Endpoint!.Port, status: DBInstanceStatus },
    replicateSourceDb: ReadReplicaSourceDBInstanceIdentifier ?? "",
  };
}

export const instance = kind<InstanceInputs>({
  replaceOn: ["region", "kmsKeyId", "dbName", "engine", "username", "storageEncrypted", "restoreToPointInTime"],
  changes: ["replicateSourceDb", "backupRetentionPeriod", "vpcSecurityGroupIds", "deletionProtection", "multiAz"],
  async create(inputs) {
    const { region, identifier, replicateSourceDb, engine, passwordWo } = inputs;
    if (inputs.restoreToPointInTime !== undefined) throw new Error("the stand-in for AWS restores no instance");
    if (replicateSourceDb !== undefined) {
      await rds(region).send(
        new CreateDBInstanceReadReplicaCommand({ ...common(inputs), SourceDBInstanceIdentifier: replicateSourceDb }),
      );
      // A replica is not given it when it is made: the vendor's plugin sends it afterwards, too.
      await rds(region).send(
        new ModifyDBInstanceCommand({
          ...{ DBInstanceIdentifier: identifier, BackupRetentionPeriod: inputs.backupRetentionPeriod },
          ApplyImmediately: true,
        }),
      );
    } else {
      if (engine === undefined)
        throw new Error(`${identifier} must have an engine, or a source to follow; got neither`);
      await rds(region).send(
        new CreateDBInstanceCommand({
          ...{ ...common(inputs), Engine: engine, EngineVersion: inputs.engineVersion, DBName: inputs.dbName },
          ...{ MasterUsername: inputs.username, MasterUserPassword: passwordWo },
          ...{ AllocatedStorage: inputs.allocatedStorage, MaxAllocatedStorage: inputs.maxAllocatedStorage },
          ...{ StorageEncrypted: inputs.storageEncrypted, BackupRetentionPeriod: inputs.backupRetentionPeriod },
        }),
      );
    }
    return { id: identifier, learned: await learn(inputs) };
  },
  async update(id, inputs, changed) {
    const { region, backupRetentionPeriod: BackupRetentionPeriod } = inputs;
    if (changed.includes("replicateSourceDb")) {
      if (inputs.replicateSourceDb)
        throw new Error(`${id}: a new source cannot be chosen for an instance that is there`);
      await rds(region).send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: id, BackupRetentionPeriod }));
    }
    if (changed.some((name) => name !== "replicateSourceDb"))
      await rds(region).send(
        new ModifyDBInstanceCommand({
          ...{ DBInstanceIdentifier: id, BackupRetentionPeriod, VpcSecurityGroupIds: inputs.vpcSecurityGroupIds },
          ...{ DeletionProtection: inputs.deletionProtection, MultiAZ: inputs.multiAz, ApplyImmediately: true },
        }),
      );
    return learn(inputs);
  },
});

interface ParameterGroupInputs extends Inputs {
  readonly region: string;
  readonly family: string;
  readonly parameters: readonly { readonly name: string; readonly value: string; readonly applyMethod: string }[];
  readonly tags?: Tags;
}

const putParameters = (DBParameterGroupName: string, { region, parameters }: ParameterGroupInputs) =>
  rds(region).send(
    new ModifyDBParameterGroupCommand({
      DBParameterGroupName,
      Parameters: parameters.map(({ name: ParameterName, value, applyMethod }) => ({
        ...({ ParameterName, ...(pascal({ parameterValue: value, applyMethod }) as object) } as Parameter),
      })),
    }),
  );

export const parameterGroup = kind<ParameterGroupInputs>({
  replaceOn: ["region", "family"],
  changes: ["parameters"],
  async create(inputs, name) {
    const { region, family: DBParameterGroupFamily, tags } = inputs;
    const made = await rds(region).send(
      new CreateDBParameterGroupCommand({
        ...{ DBParameterGroupName: `${name}-group`, DBParameterGroupFamily, Description: name, Tags: tagList(tags) },
      }),
    );
    await putParameters(`${name}-group`, inputs);
    return { id: `${name}-group`, learned: { name: `${name}-group`, arn: made.DBParameterGroup!.DBParameterGroupArn } };
  },
  async update(id, inputs) {
    await putParameters(id, inputs);
    return { name: id };
  },
  delete: () => Promise.resolve(),
});
