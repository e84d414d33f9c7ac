import * as pulumi from "./pulumi";
import type { BucketFolderInputs } from "./resources/bucket-folder";
import type { DnsRecordInputs, DnsRecordOutputs } from "./resources/dns-record";
import type { FenceInputs, FenceOutputs } from "./resources/fence";
import type { NameServerInputs } from "./resources/name-server";
import type { PostgresServerInputs, PostgresServerOutputs } from "./postgres/server";
import type { ProcessInputs, ProcessOutputs } from "./resources/process";
import type { PromotionInputs, PromotionOutputs } from "./resources/promotion";
import type { RestoreInputs } from "./resources/restore";

/** What a program writes for a resource of this provider: each input, known now or later. */
export type Args<Inputs> = { readonly [Name in keyof Inputs]: pulumi.Input<Inputs[Name]> };

/** {@link PostgresServerInputs}: a PostgreSQL server as processes of this machine. */
export class PostgresServer extends pulumi.CustomResource {
  declare readonly port: pulumi.Output<number>;
  declare readonly role: pulumi.Output<PostgresServerOutputs["role"]>;
  declare readonly systemIdentifier: pulumi.Output<string | undefined>;
  declare readonly demotionToken: pulumi.Output<string | undefined>;
  declare readonly startedAt: pulumi.Output<string | undefined>;
  declare readonly archiveConfig: pulumi.Output<string>;

  constructor(name: string, args: Args<PostgresServerInputs>, opts?: pulumi.CustomResourceOptions) {
    const outputs = {
      role: undefined,
      systemIdentifier: undefined,
      demotionToken: undefined,
      startedAt: undefined,
      archiveConfig: undefined,
    };
    super("dr:local:PostgresServer", name, { port: undefined, ...args, ...outputs }, opts);
  }
}

/** {@link FenceInputs}: takes writing away from a lost site and says what that proves. */
export class Fence extends pulumi.CustomResource {
  declare readonly proof: pulumi.Output<FenceOutputs["proof"]>;
  declare readonly lsn: pulumi.Output<string | undefined>;

  constructor(name: string, args: Args<FenceInputs>, opts?: pulumi.CustomResourceOptions) {
    super("dr:index:Fence", name, { ...args, proof: undefined, lsn: undefined }, opts);
  }
}

/** {@link PromotionInputs}: makes a PostgreSQL standby the writer and reads the role back. */
export class Promotion extends pulumi.CustomResource {
  declare readonly epoch: pulumi.Output<PromotionOutputs["epoch"]>;
  declare readonly timeline: pulumi.Output<number>;
  declare readonly lastCommit: pulumi.Output<string | undefined>;
  declare readonly lostBytes: pulumi.Output<number | undefined>;

  constructor(name: string, args: Args<PromotionInputs>, opts?: pulumi.CustomResourceOptions) {
    const outputs = { epoch: undefined, timeline: undefined, lastCommit: undefined, lostBytes: undefined };
    super("dr:index:Promotion", name, { ...args, ...outputs }, opts);
  }
}

/** {@link RestoreInputs}: fills a database from the backups of a lost site. */
export class Restore extends pulumi.CustomResource {
  declare readonly recovery: pulumi.Output<string | undefined>;
  declare readonly backup: pulumi.Output<string | undefined>;
  declare readonly lastCommit: pulumi.Output<string | undefined>;

  constructor(name: string, args: Args<RestoreInputs>, opts?: pulumi.CustomResourceOptions) {
    const outputs = { recovery: undefined, backup: undefined, lastCommit: undefined };
    super("dr:index:Restore", name, { ...args, ...outputs }, opts);
  }
}

/** {@link BucketFolderInputs}: a folder that is a bucket. */
export class BucketFolder extends pulumi.CustomResource {
  declare readonly folder: pulumi.Output<string>;

  constructor(name: string, args: Args<BucketFolderInputs>, opts?: pulumi.CustomResourceOptions) {
    super("dr:local:BucketFolder", name, { ...args }, opts);
  }
}

/** {@link NameServerInputs}: an authoritative name server that takes signed updates. */
export class NameServer extends pulumi.CustomResource {
  declare readonly address: pulumi.Output<string>;
  declare readonly port: pulumi.Output<number>;

  constructor(name: string, args: Args<NameServerInputs>, opts?: pulumi.CustomResourceOptions) {
    super("dr:local:NameServer", name, { port: undefined, ...args }, opts);
  }
}

/** {@link DnsRecordInputs}: the failover record and the authority record beside it. */
export class DnsRecord extends pulumi.CustomResource {
  declare readonly site: pulumi.Output<string>;
  declare readonly epoch: pulumi.Output<DnsRecordOutputs["epoch"]>;

  constructor(name: string, args: Args<DnsRecordInputs>, opts?: pulumi.CustomResourceOptions) {
    super("dr:index:DnsRecord", name, { ...args, epoch: undefined }, opts);
  }
}

/** {@link ProcessInputs}: a process that is restarted when it dies. */
export class Process extends pulumi.CustomResource {
  declare readonly url: pulumi.Output<ProcessOutputs["url"]>;

  constructor(name: string, args: Args<ProcessInputs>, opts?: pulumi.CustomResourceOptions) {
    super("dr:local:Process", name, { port: undefined, ...args, url: undefined }, opts);
  }
}
