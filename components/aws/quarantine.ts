import { createHash } from "node:crypto";
import * as ec2 from "@pulumi/aws/ec2";
import * as iam from "@pulumi/aws/iam";
import * as rds from "@pulumi/aws/rds";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { makeAuditor, makeEvidenceBucket } from "./evidence";
import { foundationOf } from "./foundation";
import { policy } from "./iam-policy";
import { identifierOf } from "./identifier";
import { placeOf, tagsOf } from "./place";
import { Service } from "./service";

export interface QuarantineArgs extends contract.QuarantineArgs {
  /** Days for which nothing that is put into the evidence bucket can be deleted.  @default 365 */
  readonly keepDays?: number;
}

/**
 * A site after a breach, in this order: its subnets let nothing in or out; its databases are kept as snapshots; its services'
 * roles may do nothing any more, keys and secrets first of all. Evidence has a bucket that is locked, and a role that may still
 * read it, also what is encrypted: no key is touched. RDS itself, and a replica elsewhere that follows over AWS' own lines, go on.
 *
 * Taken out of the config, it is undone: the site is open again. Snapshots and the bucket stay.
 */
export class Quarantine extends pulumi.ComponentResource {
  /** Where evidence is put. */
  readonly evidenceBucket: pulumi.Output<string>;
  /** Who may read it. */
  readonly auditorRoleArn: pulumi.Output<string>;

  constructor(name: string, args: QuarantineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:Quarantine", name, args, opts);
    const { site, reason, breach, databases, services, keepDays = 365 } = args;
    const { vpcId, publicSubnetIds, privateSubnetIds } = foundationOf(site);
    const { region } = placeOf(site);
    const child = { parent: this };
    const tags = { ...tagsOf(site, name), "dr:quarantine": tagValue(reason) };

    // Unlike a security group it also ends what is connected, and holds for what anybody starts here.
    const cut = new ec2.NetworkAcl(
      `${name}-deny`,
      {
        ...{ region, vpcId, ingress: [], egress: [], tags },
        subnetIds: pulumi.all([publicSubnetIds, privateSubnetIds]).apply((all) => all.flat()),
      },
      child,
    );

    // Another breach is another snapshot, and leaves the earlier ones.
    const which = createHash("sha256").update(reason).digest("hex").slice(0, 8);
    const snapshots = Object.entries(breach.preserve.includes("snapshots") ? databases : {}).map(([data, database]) => {
      const dbInstanceIdentifier = identifierOf(site, data, database);
      const dbSnapshotIdentifier = `${dbInstanceIdentifier}-evidence-${which}`;
      return new rds.Snapshot(
        `${name}-${data}`,
        { region, dbInstanceIdentifier, dbSnapshotIdentifier, tags },
        {
          ...{ parent: this, retainOnDelete: true, dependsOn: [cut] },
          customTimeouts: { create: "3h" }, // as long as the first of a large database takes
        },
      );
    });
    const evidence = makeEvidenceBucket(`${name}-evidence`, site, { keepDays, tags }, this);
    const auditor = makeAuditor(`${name}-auditor`, site, evidence.arn, this);

    for (const [service, made] of Object.entries(services))
      if (made instanceof Service)
        for (const [part, role] of Object.entries(made.roleNames))
          new iam.RolePolicy(
            `${name}-${service}-${part}`,
            { role, policy: policy({ Sid: "Quarantine", Effect: "Deny", Action: "*", Resource: "*" }) },
            // What is evidence is safe before anything of the site is changed.
            { ...child, dependsOn: [cut, ...snapshots, evidence, auditor] },
          );

    this.evidenceBucket = evidence.bucket;
    this.auditorRoleArn = auditor.arn;
    this.registerOutputs({ evidenceBucket: this.evidenceBucket, auditorRoleArn: this.auditorRoleArn });
  }
}

/** A person's words as a tag takes them. */
export const tagValue = (words: string) =>
  words
    .replaceAll(/[^\p{L}\p{N} +\-=._:/@]/gu, " ")
    .slice(0, 256)
    .trim();
