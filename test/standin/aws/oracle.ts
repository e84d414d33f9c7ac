/** What moto says when it is asked directly: neither the plugin nor a region's door is in between. */
export type Oracle = Awaited<ReturnType<typeof askMoto>>;

const credentials = { accessKeyId: "oracle", secretAccessKey: "oracle" };

/** The SDKs are loaded here and now: no other test waits for them. */
export async function askMoto(endpoint: string) {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const [backup, kms, rds, route53, s3] = await Promise.all([
    import("@aws-sdk/client-backup"),
    import("@aws-sdk/client-kms"),
    import("@aws-sdk/client-rds"),
    import("@aws-sdk/client-route-53"),
    import("@aws-sdk/client-s3"),
  ]);
  const at = (region: string) => ({ region, endpoint, credentials });
  const dns = new route53.Route53Client(at("us-east-1"));
  const s3At = new s3.S3Client({ ...at("us-east-1"), forcePathStyle: true });

  const oracle = {
    /** A hosted zone, which a person makes once. Answers its id. */
    async makeZone(Name: string): Promise<string> {
      const made = await dns.send(new route53.CreateHostedZoneCommand({ Name, CallerReference: Name }));
      return made.HostedZone!.Id!.replace("/hostedzone/", "");
    },

    async bucket(Bucket: string) {
      const { Status: versioning } = await s3At.send(new s3.GetBucketVersioningCommand({ Bucket }));
      const lock = await s3At.send(new s3.GetObjectLockConfigurationCommand({ Bucket }));
      const { ObjectLockEnabled, Rule } = lock.ObjectLockConfiguration!;
      const rules = await s3At.send(new s3.GetBucketEncryptionCommand({ Bucket }));
      const { ServerSideEncryptionConfiguration: encryption } = rules;
      return {
        ...{ versioning, lock: [ObjectLockEnabled, Rule?.DefaultRetention?.Mode, Rule?.DefaultRetention?.Days] },
        key: encryption!.Rules![0]!.ApplyServerSideEncryptionByDefault!.KMSMasterKeyID,
      };
    },

    /** Where a bucket's objects are copied to, and by which key they are read there. */
    async replication(Bucket: string) {
      const found = await s3At.send(new s3.GetBucketReplicationCommand({ Bucket }));
      return found.ReplicationConfiguration!.Rules!.map(({ Status, Destination }) => ({
        ...{ status: Status, to: Destination!.Bucket, key: Destination!.EncryptionConfiguration?.ReplicaKmsKeyID },
      }));
    },

    async instance(region: string, DBInstanceIdentifier: string) {
      const client = new rds.RDSClient(at(region));
      const found = await client.send(new rds.DescribeDBInstancesCommand({ DBInstanceIdentifier }));
      const [of] = found.DBInstances!;
      return {
        ...{ source: of!.ReadReplicaSourceDBInstanceIdentifier, deletionProtection: of!.DeletionProtection },
        ...{ encryptedBy: of!.KmsKeyId, keptDays: of!.BackupRetentionPeriod },
      };
    },

    async vault(region: string, BackupVaultName: string) {
      const client = new backup.BackupClient(at(region));
      const found = await client.send(new backup.DescribeBackupVaultCommand({ BackupVaultName }));
      return { locked: found.Locked, days: found.MinRetentionDays, key: found.EncryptionKeyArn };
    },

    /** Failover records of a zone: `PRIMARY CNAME app.example.com -> prod.app.example.com`, and whose health each follows. */
    async failover(HostedZoneId: string): Promise<readonly string[]> {
      const { HealthChecks } = await dns.send(new route53.ListHealthChecksCommand({}));
      const healthOf = (id: string | undefined) =>
        HealthChecks!.find(({ Id }) => Id === id)?.HealthCheckConfig!.FullyQualifiedDomainName;
      const { ResourceRecordSets } = await dns.send(new route53.ListResourceRecordSetsCommand({ HostedZoneId }));
      return ResourceRecordSets!
        .filter(({ Failover }) => Failover)
        .map(
          ({ Name, Type, Failover, ResourceRecords, HealthCheckId }) =>
            `${Failover} ${Type} ${Name} -> ${ResourceRecords!.map(({ Value }) => Value).join(" ")} while ${healthOf(HealthCheckId)}`,
        )
        .sort();
    },

    /** All in these regions that holds data, or opens it: to see that none of it went away. */
    async holders(regions: readonly string[]): Promise<readonly string[]> {
      const { Buckets } = await s3At.send(new s3.ListBucketsCommand({}));
      const each = regions.map(async (region) => {
        const { DBInstances } = await new rds.RDSClient(at(region)).send(new rds.DescribeDBInstancesCommand({}));
        const { BackupVaultList } = await new backup.BackupClient(at(region)).send(
          new backup.ListBackupVaultsCommand({}),
        );
        const { Keys } = await new kms.KMSClient(at(region)).send(new kms.ListKeysCommand({}));
        return [
          ...DBInstances!.map(({ DBInstanceArn }) => DBInstanceArn!),
          ...BackupVaultList!.map(({ BackupVaultArn }) => BackupVaultArn!),
          ...Keys!.map(({ KeyArn }) => KeyArn!),
        ];
      });
      return [...Buckets!.map(({ Name }) => `bucket ${Name}`), ...(await Promise.all(each)).flat()].sort();
    },
  };
  return oracle;
}
