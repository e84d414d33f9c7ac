import type { ArchiveOptions } from "../../engines/pgbackrest";
import { need } from "../alerts/secrets";
import type { ReadSecret } from "../secrets";
import type { Address } from "./address";

/** Secrets that each store is opened with, by the name under which restic reads it from its environment. */
const NAMES = {
  folder: [],
  sftp: [], // by the SSH configuration and keys of the servers' user
  s3: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
  azure: ["AZURE_ACCOUNT_KEY"],
  gs: ["GOOGLE_APPLICATION_CREDENTIALS"],
} as const;

/**
 * What says who a process is in the cloud that it runs in: a task of ECS by its role, a job of Container Apps by an identity of
 * its own. Such credentials change all the time, and restic asks for them by itself.
 */
const IDENTITIES: Partial<Record<Address["store"], readonly string[]>> = {
  s3: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
  azure: ["AZURE_CLIENT_ID", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"],
};

/** The secret of one repository: `DR_AWS_ACCESS_KEY_ID` for the one named `dr`, else `AWS_ACCESS_KEY_ID` for all. */
function findSecret(repository: string, name: string, secret: ReadSecret): string | undefined {
  const own = `${repository.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_${name}`;
  return secret(own)?.trim() || secret(name);
}
const secretOf = (repository: string, name: string, secret: ReadSecret) =>
  findSecret(repository, name, secret) ?? need(secret, name);

/** Who opens a store without a key; undefined where a key is set, or nothing says who. */
function identityOf(repository: string, store: Address["store"], secret: ReadSecret) {
  const [key] = NAMES[store];
  if (key === undefined || findSecret(repository, key, secret)) return undefined;
  const said = (IDENTITIES[store] ?? []).flatMap((name): [string, string][] => {
    const value = findSecret(repository, name, secret);
    return value ? [[name, value]] : [];
  });
  return said.length > 0 ? Object.fromEntries(said) : undefined;
}

/** What restic needs in its environment to open a store. */
export function resticEnvironment(
  { name, address, region }: { readonly name: string; readonly address: Address; readonly region?: string },
  secret: ReadSecret,
): Record<string, string> {
  const found: Record<string, string> =
    identityOf(name, address.store, secret) ??
    Object.fromEntries(NAMES[address.store].map((one) => [one, secretOf(name, one, secret)]));
  if (address.store === "azure") found["AZURE_ACCOUNT_NAME"] = address.account;
  if (address.store === "s3") found["AWS_DEFAULT_REGION"] = region ?? "us-east-1";
  return found;
}

/** What pgBackRest needs in its file to open a store. */
export function archiveCredentials(name: string, { store }: Address, secret: ReadSecret): ArchiveOptions {
  const of = (one: string) => secretOf(name, one, secret);
  switch (store) {
    case "s3":
      return { "s3-key": of("AWS_ACCESS_KEY_ID"), "s3-key-secret": of("AWS_SECRET_ACCESS_KEY") };
    case "azure":
      // From 2.58 on, and on a virtual machine with one identity: pgBackRest cannot say which, nor ask where Container Apps answers.
      return identityOf(name, store, secret) ? { "azure-key-type": "auto" } : { "azure-key": of("AZURE_ACCOUNT_KEY") };
    case "gs":
      return { "gcs-key": of("GOOGLE_APPLICATION_CREDENTIALS") };
    default:
      return {};
  }
}
