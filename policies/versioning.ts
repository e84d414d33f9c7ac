import { at, atLeast, each, EXEMPT, got, is, ofType, refersTo, without, type Rule } from "./rule";
import { AWS, AZURE } from "./types";

/** What is overwritten or deleted in object storage can be brought back. */
export const versioning: Rule<{ exempt: readonly string[]; softDeleteDays: number }> = {
  name: "versioning",
  description: "Object storage keeps what was overwritten or deleted.",
  settings: { exempt: EXEMPT, softDeleteDays: "Azure: days for which a deleted blob can be brought back, at least." },
  defaults: { exempt: [], softDeleteDays: 7 },
  violations: (resources, { exempt, softDeleteDays }) => [
    ...each(without(exempt, ofType(resources, AWS.bucket)), (bucket) => {
      const of = ofType(resources, AWS.bucketVersioning).filter((one) => refersTo(one, "bucket", bucket));
      if (of.some(({ props }) => is(at(props, "versioningConfiguration", "status"), "Enabled"))) return undefined;
      const status = at(of[0]?.props, "versioningConfiguration", "status");
      return `${bucket.name} must keep versions; got ${got(status)}. Add a BucketVersioning with status "Enabled"`;
    }),
    ...each(without(exempt, ofType(resources, AZURE.account)), (account) => {
      const service = ofType(resources, AZURE.blobService).find((one) => refersTo(one, "accountName", account))?.props;
      if (!is(at(service, "isVersioningEnabled"), true))
        return `${account.name} must keep versions; got ${got(at(service, "isVersioningEnabled"))}. Add BlobServiceProperties with isVersioningEnabled: true`;
      const days = at(service, "deleteRetentionPolicy", "days");
      return is(at(service, "deleteRetentionPolicy", "enabled"), true) && atLeast(days, softDeleteDays)
        ? undefined
        : `${account.name} must bring deleted blobs back for ${softDeleteDays} days or more; got ${got(days)}. Set deleteRetentionPolicy: { enabled: true, days: ${softDeleteDays} }`;
    }),
  ],
};
