import { at, each, EXEMPT, got, is, isSet, ofType, refersTo, without, type Resource, type Rule } from "./rule";
import { AWS, AZURE } from "./types";

/** Data is encrypted where it lies, and on its way. */
export const encryption: Rule<{ exempt: readonly string[] }> = {
  name: "encryption",
  description: "Data is encrypted at rest and on its way, by keys that are rotated.",
  settings: { exempt: EXEMPT },
  defaults: { exempt: [] },
  violations: (resources, { exempt }) => [
    ...each(without(exempt, resources), faultOf),
    ...each(without(exempt, ofType(resources, AWS.bucket)), (bucket) =>
      ofType(resources, AWS.bucketEncryption).some((one) => refersTo(one, "bucket", bucket))
        ? undefined
        : `${bucket.name} must say how it is encrypted; got nothing. Add a BucketServerSideEncryptionConfiguration`,
    ),
  ],
};

function faultOf({ type, name, props }: Resource): string | undefined {
  const must = (property: string, holds: boolean, rule: string, way: string) =>
    holds ? undefined : `${name} must ${rule}; got ${property}: ${got(at(props, ...property.split(".")))}. ${way}`;
  switch (type) {
    case AWS.database:
    case AWS.databaseCluster: {
      // A replica is encrypted as its source is; in another region its key must be named.
      const replica = isSet(props["replicateSourceDb"]) && isSet(props["kmsKeyId"]);
      const encrypted = replica || is(props["storageEncrypted"], true);
      return must("storageEncrypted", encrypted, "be encrypted", "Set it when it is made: it cannot be changed later");
    }
    case AWS.backupVault:
      return must(
        "kmsKeyArn",
        isSet(props["kmsKeyArn"]),
        "be encrypted by a key of yours",
        "Name one: a copy in another account needs it",
      );
    case AWS.key:
      return must("enableKeyRotation", is(props["enableKeyRotation"], true), "be rotated", "Set it to true");
    case AWS.topic:
      return must(
        "kmsMasterKeyId",
        isSet(props["kmsMasterKeyId"]),
        "be encrypted",
        "Name a key that CloudWatch may use",
      );
    case AZURE.account:
      return (
        must("minimumTlsVersion", isTls(props["minimumTlsVersion"]), "refuse TLS before 1.2", 'Set it to "TLS1_2"') ??
        must("enableHttpsTrafficOnly", !isFalse(props["enableHttpsTrafficOnly"]), "refuse plain HTTP", "Set it to true")
      );
    default:
      return undefined;
  }
}

const isTls = (value: unknown) => is(value, "TLS1_2") || is(value, "TLS1_3");
const isFalse = (value: unknown) => value === false;
