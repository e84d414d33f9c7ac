import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc";

export type Inputs = Readonly<Record<string, unknown>>;

/** A type of resource that is made by real calls. What is not said here is not covered, and refused: never passed over. */
export interface Kind<In extends Inputs = Inputs> {
  /** Inputs whose change makes another resource of it, as the vendor's plugin has it. */
  readonly replaceOn: readonly (keyof In & string)[];
  /** Inputs that `update` can change.  @default - none */
  readonly changes?: readonly (keyof In & string)[];
  readonly create: (inputs: In, name: string) => Promise<Made>;
  /** Answers what is learned anew. */
  readonly update?: (id: string, inputs: In, changed: readonly string[]) => Promise<Inputs>;
  /** @default - refused: what holds data is kept by its component, and a call that deletes it is a fault */
  readonly delete?: (id: string, inputs: In) => Promise<void>;
}

export interface Made {
  readonly id: string;
  /** What the cloud said of it, beside the inputs. */
  readonly learned: Inputs;
}

/** What the state says of who made a resource: an answer of the API, or nobody. */
export interface StandIn {
  readonly madeBy: "moto" | "nobody";
  /** Names of the inputs: only these are compared. */
  readonly inputs: readonly string[];
}

/** A kind whose inputs are known by name; the engine hands over whatever the program wrote. */
export const kind = <In extends Inputs>(of: Kind<In>): Kind => of as unknown as Kind;

/** Values as a cloud is sent them: the engine marks those that are secret. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const marked = value as Record<string, unknown>;
  if (marked[specialSigKey] === specialSecretSig) return plain(marked.value);
  return Object.fromEntries(Object.entries(marked).map(([key, inner]) => [key, plain(inner)]));
}

/** `{ sseAlgorithm }` as `{ SSEAlgorithm }`: names of Pulumi as those of AWS. */
export function pascal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascal);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [IRREGULAR[key] ?? upper(key), pascal(inner)]));
}

const IRREGULAR: Readonly<Record<string, string>> = {
  ...{ id: "ID", sseAlgorithm: "SSEAlgorithm", kmsMasterKeyId: "KMSMasterKeyID", replicaKmsKeyId: "ReplicaKmsKeyID" },
};
const upper = (key: string) => key.charAt(0).toUpperCase() + key.slice(1);

export type Tags = Readonly<Record<string, string>>;
export const tagList = (tags: Tags = {}) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
