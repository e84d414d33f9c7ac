import { BackupClient, CreateBackupVaultCommand, PutBackupVaultLockConfigurationCommand } from "@aws-sdk/client-backup";
import { perRegion } from "./clients";
import { kind, type Inputs, type Tags } from "./kind";

const backup = perRegion((config) => new BackupClient(config));

interface VaultInputs extends Inputs {
  readonly region: string;
  readonly name: string;
  readonly kmsKeyArn: string;
  readonly tags?: Tags;
}

export const vault = kind<VaultInputs>({
  replaceOn: ["region", "name", "kmsKeyArn"],
  async create({ region, name, kmsKeyArn: EncryptionKeyArn, tags }) {
    const made = await backup(region).send(
      new CreateBackupVaultCommand({ BackupVaultName: name, EncryptionKeyArn, BackupVaultTags: { ...tags } }),
    );
    return { id: name, learned: { arn: made.BackupVaultArn } };
  },
});

interface LockInputs extends Inputs {
  readonly region: string;
  readonly backupVaultName: string;
  readonly minRetentionDays: number;
  readonly changeableForDays?: number;
}

const lock = ({ region, ...inputs }: LockInputs) =>
  backup(region).send(
    new PutBackupVaultLockConfigurationCommand({
      ...{ BackupVaultName: inputs.backupVaultName, MinRetentionDays: inputs.minRetentionDays },
      ChangeableForDays: inputs.changeableForDays,
    }),
  );

export const vaultLock = kind<LockInputs>({
  replaceOn: ["region", "backupVaultName"],
  changes: ["minRetentionDays", "changeableForDays"],
  async create(inputs) {
    await lock(inputs);
    return { id: inputs.backupVaultName, learned: {} };
  },
  async update(_id, inputs) {
    await lock(inputs);
    return {};
  },
});
