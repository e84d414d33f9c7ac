import * as pulumi from "../../provider/pulumi";
import { BucketFolder } from "../../provider/sdk";
import type * as contract from "../contract";
import { peerOf, placeOf } from "./place";

/**
 * A folder for backups in the site's region and a copy of it in the other's. Both outlive the stack.
 *
 * @example
 * const bucket = new BackupBucket("backups", { site });
 */
export class BackupBucket extends pulumi.ComponentResource implements contract.BackupBucket {
  readonly locations: pulumi.Output<string[]>;

  constructor(name: string, args: contract.BackupBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:local:BackupBucket", name, args, opts);
    const { site } = args;
    const peer = peerOf(site);

    const kept = { parent: this, retainOnDelete: true };
    const own = new BucketFolder(name, { folder: placeOf(site, site.name).bucket, site: site.name }, kept);
    const copies = peer
      ? [new BucketFolder(`${name}-copy`, { folder: placeOf(site, peer).copyOf(site.name), site: site.name }, kept)]
      : [];

    this.locations = pulumi.all([own, ...copies].map(({ folder }) => folder));
    this.registerOutputs({ locations: this.locations });
  }
}
