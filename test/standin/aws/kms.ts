import {
  CreateKeyCommand,
  EnableKeyRotationCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
} from "@aws-sdk/client-kms";
import { perRegion } from "./clients";
import { kind, type Inputs, type Tags } from "./kind";

const kms = perRegion((config) => new KMSClient(config));

interface KeyInputs extends Inputs {
  readonly region: string;
  readonly description: string;
  readonly policy: string;
  readonly tags?: Tags;
}

const tagsOf = ({ tags = {} }: KeyInputs) => Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

async function changePolicy(KeyId: string, { region, policy: Policy }: KeyInputs): Promise<Inputs> {
  await kms(region).send(new PutKeyPolicyCommand({ KeyId, PolicyName: "default", Policy }));
  return {};
}

export const key = kind<KeyInputs & { rotationPeriodInDays: number; multiRegion?: boolean }>({
  replaceOn: ["region", "multiRegion"],
  changes: ["policy"],
  async create(inputs) {
    const { region, description: Description, policy: Policy, multiRegion = false } = inputs;
    const made = await kms(region).send(
      new CreateKeyCommand({ Description, Policy, MultiRegion: multiRegion, Tags: tagsOf(inputs) }),
    );
    const { Arn: arn, KeyId: keyId } = made.KeyMetadata!;
    await kms(region).send(
      new EnableKeyRotationCommand({ KeyId: keyId, RotationPeriodInDays: inputs.rotationPeriodInDays }),
    );
    return { id: keyId!, learned: { arn, keyId } };
  },
  update: async (id, inputs) => changePolicy(id, inputs),
});

export const replicaKey = kind<KeyInputs & { primaryKeyArn: string }>({
  replaceOn: ["region", "primaryKeyArn"],
  changes: ["policy"],
  async create(inputs) {
    const { primaryKeyArn, region: ReplicaRegion, description: Description, policy: Policy } = inputs;
    const [, , , home, , KeyId] = primaryKeyArn.split(/[:/]/).filter((part) => part !== "key");
    // Asked where the first key is: KMS itself reaches the other region.
    const made = await kms(home!).send(
      new ReplicateKeyCommand({ KeyId, ReplicaRegion, Description, Policy, Tags: tagsOf(inputs) }),
    );
    const { Arn: arn, KeyId: keyId } = made.ReplicaKeyMetadata!;
    return { id: keyId!, learned: { arn, keyId } };
  },
  update: async (id, inputs) => changePolicy(id, inputs),
});
