import type * as inputs from "@pulumi/azure-native/types/input";
import type * as pulumi from "../../provider/pulumi";
import type { Foundation } from "./foundation";

/** Key Vault and Container Apps take letters, digits and hyphens: DB_PASSWORD is db-password there. */
export const secretName = (secret: string) => secret.toLowerCase().replaceAll("_", "-");

/** Secrets by reference: Container Apps reads each from the vault, as the site's identity. Nothing here holds a value. */
export const secretsOf = (
  names: readonly string[],
  { vaultUri, identity }: Pick<Foundation, "vaultUri" | "identity">,
): inputs.app.SecretArgs[] =>
  names.map((name) => ({
    name: secretName(name),
    keyVaultUrl: vaultUri.apply((uri) => `${uri}/secrets/${secretName(name)}`), // no version: a rotated one is followed
    identity: identity.id,
  }));

export const fromSecrets = (names: readonly string[]): inputs.app.EnvironmentVarArgs[] =>
  names.map((name) => ({ name, secretRef: secretName(name) }));

export const fromValues = (values: Readonly<Record<string, pulumi.Input<string>>>): inputs.app.EnvironmentVarArgs[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

/** Who a container is: it finds its tokens by the client's id. */
export const asIdentity = ({ identity }: Pick<Foundation, "identity">) => ({
  type: "UserAssigned" as const,
  userAssignedIdentities: [identity.id],
});
