import * as kms from "@pulumi/aws/kms";
import { NAMES } from "../../plan/platforms";
import type * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { arnOf, farEnd, tagsOf, type Place } from "./place";

/** Days until a key that someone gave up is gone, the longest that AWS allows: time to notice. */
const DELETION_DAYS = 30;

/**
 * The site's keys. Data here is encrypted by a key that never leaves the region; backups by a multi-region one, whose
 * replica in the other region opens the copy there while this region is gone.
 *
 * @param rotationDays How often their material is replaced.
 * @param farFrom The other site's region, while there is one to count on.
 */
export function makeKeys(
  name: string,
  site: SiteArgs,
  { here, far, rotationDays }: { here: Place; far: Place | undefined; rotationDays: number },
  parent: pulumi.ComponentResource,
) {
  const { region } = here;
  const rotation = { enableKeyRotation: true, rotationPeriodInDays: rotationDays, deletionWindowInDays: DELETION_DAYS };
  // What it has encrypted can be read by nothing else.
  const kept = { parent, retainOnDelete: true, protect: true };
  const retained = { parent, retainOnDelete: true };
  const parts = { plan: site.plan, site: site.name };

  const data = new kms.Key(
    `${name}-data`,
    {
      ...{ region, description: `data of ${site.plan} at ${site.name}`, policy: policyOf(here), ...rotation },
      tags: tagsOf(site, "data"),
    },
    kept,
  );
  new kms.Alias(`${name}-data`, { region, name: NAMES.awsKeyAlias.name(parts), targetKeyId: data.keyId }, retained);

  const backups = new kms.Key(
    `${name}-backups`,
    {
      ...{ region, description: `backups of ${site.plan} at ${site.name}`, policy: policyOf(here), ...rotation },
      ...{ multiRegion: true, tags: tagsOf(site, "backups") },
    },
    kept,
  );
  const alias = NAMES.awsBackupKeyAlias.name(parts);
  new kms.Alias(`${name}-backups`, { region, name: alias, targetKeyId: backups.keyId }, retained);
  if (!far) return { data, backups, farBackups: undefined };

  const farName = `${name}-backups-copy`;
  const farBackups = new kms.ReplicaKey(
    farName,
    {
      ...{ region: far.region, primaryKeyArn: backups.arn, policy: policyOf(far), deletionWindowInDays: DELETION_DAYS },
      ...{ description: `backups of ${site.plan} at ${site.name}, their copy`, tags: tagsOf(site, "backups-copy") },
    },
    farEnd(site, parent, farName),
  );
  new kms.Alias(
    `${farName}-name`,
    { region: far.region, name: alias, targetKeyId: farBackups.keyId },
    farEnd(site, parent, `${farName}-name`),
  );
  return { data, backups, farBackups };
}

/** Who may use a key: those whom IAM lets in this account, and the services that write for it. */
export function policyOf(place: Place): string {
  const { partition, account, region } = place;
  const use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];
  const allow = (Sid: string, Principal: object, Action: string | readonly string[], Condition?: object) => ({
    ...{ Sid, Effect: "Allow", Principal, Action, Resource: "*" }, // in a key's policy: this key
    ...(Condition ? { Condition } : {}),
  });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      // Without it a key can become one that nobody can administer.
      allow("Account", { AWS: `arn:${partition}:iam::${account}:root` }, "kms:*"),
      allow("Logs", { Service: `logs.${region}.amazonaws.com` }, use, {
        ArnLike: { "kms:EncryptionContext:aws:logs:arn": arnOf(place, "logs", "*") },
      }),
      allow(
        "Alarms",
        { Service: ["cloudwatch.amazonaws.com", "backup.amazonaws.com"] },
        ["kms:Decrypt", "kms:GenerateDataKey*"],
        { StringEquals: { "aws:SourceAccount": account } },
      ),
      // EventBridge says no account to an encrypted topic's key: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
      allow("Events", { Service: "events.amazonaws.com" }, ["kms:Decrypt", "kms:GenerateDataKey*"]),
    ],
  });
}

/** KMS takes 90 to 2560 days. */
export const rotationDaysOf = (seconds: number) => Math.min(2560, Math.max(90, Math.round(seconds / 86_400)));
