import {
  at,
  each,
  EXEMPT,
  got,
  is,
  listOf,
  ofType,
  refersTo,
  UNKNOWN,
  without,
  type Resource,
  type Rule,
} from "./rule";
import { AWS, AZURE } from "./types";

/** Object storage has a copy in another region. */
export const replication: Rule<{ exempt: readonly string[] }> = {
  name: "replication",
  description: "Object storage is copied to another region.",
  settings: { exempt: `${EXEMPT} Logs and evidence stay where they were written.` },
  defaults: { exempt: ["*-logs", "*-evidence"] },
  violations: (resources, { exempt }) => [
    ...each(without(exempt, ofType(resources, AWS.bucket)), (bucket) =>
      ofType(resources, AWS.bucketReplication).some((one) => copies(one, bucket))
        ? undefined
        : `${bucket.name} must be copied to another region, or be such a copy; got neither. Add a BucketReplicationConfig with an enabled rule`,
    ),
    ...each(without(exempt, ofType(resources, AZURE.account)), (account) => {
      const sku = at(account.props, "sku", "name");
      const copied = ofType(resources, AZURE.objectReplication).some((one) => refersTo(one, "accountName", account));
      return copied || sku === UNKNOWN || /_(?:RA)?G(?:Z)?RS$/.test(String(sku))
        ? undefined
        : `${account.name} must be copied to another region; got ${got(sku)}. Set sku.name to Standard_GZRS or Standard_RAGZRS, or add an ObjectReplicationPolicy`;
    }),
  ],
};

/** Whether it copies the bucket, or copies into it; or may do so, as far as a preview knows. */
function copies(config: Resource, bucket: Resource): boolean {
  const rules = listOf(config.props["rules"])?.filter((rule) => is(at(rule, "status"), "Enabled"));
  if (rules?.length === 0) return false;
  if (refersTo(config, "bucket", bucket) || config.uses["rules"]?.includes(bucket.urn)) return true;
  if (config.uses["rules"]) return false;
  const arn = bucket.props["arn"] ?? `arn:aws:s3:::${String(bucket.props["bucket"])}`;
  return rules?.some((rule) => is(at(rule, "destination", "bucket"), arn)) ?? true;
}
