import * as pulumi from "../../provider/pulumi";
import { DnsRecord, NameServer } from "../../provider/sdk";
import type * as contract from "../contract";
import { commonsOf, NAME_SERVER_PORT, placeOf } from "./place";

/**
 * A name server of this machine, the failover record and the authority record beside it. It belongs to neither site, and
 * refuses to name one that does not take writes.
 */
export class FailoverRecord extends pulumi.ComponentResource implements contract.FailoverRecord {
  readonly liveSite: pulumi.Output<string>;
  readonly epoch: pulumi.Output<number>;
  readonly nameServer: pulumi.Output<string>;

  constructor(name: string, args: contract.FailoverRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:local:FailoverRecord", name, args, opts);
    const { plan, location, sites, liveSite, zone, name: failoverName, ttlSeconds, databases } = args;
    const { keysFolder, portRegistry, nameServer: folder, nameServerAddress } = commonsOf({ location, plan });

    const server = new NameServer(
      `${name}-server`,
      { folder, address: nameServerAddress, portRegistry, portName: NAME_SERVER_PORT, zone, keysFolder },
      { parent: this },
    );
    const record = new DnsRecord(
      name,
      {
        ...{
          server: pulumi.all([server.address, server.port]).apply(([address, port]) => ({ address, port })),
          zone,
          name: failoverName,
          ttlSeconds,
          keysFolder,
        },
        ...{ site: liveSite, address: placeOf({ location, plan, all: sites }, liveSite).address },
        proofs: databases.map((database) => ({ portRegistry, portName: database })),
      },
      { parent: this, dependsOn: [server] },
    );

    this.liveSite = record.site;
    this.epoch = record.epoch;
    this.nameServer = pulumi.interpolate`${server.address}:${server.port}`;
    this.registerOutputs({ liveSite: this.liveSite, epoch: this.epoch, nameServer: this.nameServer });
  }
}
