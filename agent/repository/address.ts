import * as path from "node:path";
import type { ArchiveOptions } from "../../engines/pgbackrest";

/** Where a bucket is: a folder of this machine, or one of a store. */
export type Address =
  | { readonly store: "folder"; readonly folder: string }
  | {
      readonly store: "s3";
      readonly host: string;
      readonly port: number;
      readonly bucket: string;
      readonly prefix: string;
    }
  | { readonly store: "azure"; readonly account: string; readonly container: string; readonly prefix: string }
  | { readonly store: "gs"; readonly bucket: string; readonly prefix: string }
  | {
      readonly store: "sftp";
      readonly user: string;
      readonly host: string;
      readonly port: number;
      readonly folder: string;
    };

const FORMS = {
  s3: "s3:https://host[:port]/bucket[/prefix]",
  azure: "azure:account/container[/prefix]",
  gs: "gs:bucket[/prefix]",
  sftp: "sftp:user@host[:port]:/folder",
};

const PREFIX = String.raw`((?:/[\w.=-]+)*)/?`;
const PATTERNS = {
  s3: new RegExp(String.raw`^s3:https://([a-zA-Z0-9.-]+)(?::(\d{1,5}))?/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])${PREFIX}$`),
  azure: new RegExp(String.raw`^azure:([a-z0-9]{3,24})/([a-z0-9$][a-z0-9-]{2,62})${PREFIX}$`),
  gs: new RegExp(String.raw`^gs:([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])${PREFIX}$`),
  sftp: /^sftp:([\w.-]+)@([a-zA-Z0-9.-]+)(?::(\d{1,5}))?:(\/.*)$/,
};

/** Reads the address of a bucket. No address holds a secret: one that does is refused, and not shown. */
export function parseAddress(text: string): Address {
  const [scheme] = /^[a-z][a-z0-9]*(?=:)/.exec(text) ?? [];
  if (scheme === undefined) {
    if (path.isAbsolute(text) && !/[\r\n]/.test(text)) return { store: "folder", folder: path.normalize(text) };
    throw new Error(`a bucket must be an absolute path or one of ${listed}; got ${text}`);
  }
  if (!(scheme in FORMS)) throw new Error(`a bucket must be an absolute path or one of ${listed}; got ${scheme}:…`);
  const store = scheme as keyof typeof FORMS;
  if (store === "s3" && text.startsWith("s3:http:"))
    throw new Error(`a bucket of S3 must be reached by https: pgBackRest speaks nothing else; got ${shown(text)}`);
  const parts = PATTERNS[store].exec(text);
  if (!parts) throw new Error(`the bucket's address must be ${FORMS[store]}; got ${shown(text)}`);
  const [, one = "", two = "", three = "", four = ""] = parts;
  switch (store) {
    case "s3":
      return { store, host: one, port: portOf(two, 443, text), bucket: three, prefix: four };
    case "azure":
      return { store, account: one, container: two, prefix: three };
    case "gs":
      return { store, bucket: one, prefix: two };
    case "sftp":
      return { store, user: one, host: two, port: portOf(three, 22, text), folder: path.posix.normalize(four) };
  }
}

const listed = Object.values(FORMS).join(", ");
/** An address as an error may show it: where it holds a password, without that and the user. */
const shown = (text: string) => text.replace(/^(\w+:)(\/\/|\w+:\/\/)?[^/@]*:[^/@]*@/, "$1$2…@");

function portOf(text: string, otherwise: number, address: string): number {
  const port = text === "" ? otherwise : Number(text);
  if (port < 1 || port > 65_535) throw new Error(`a port must be 1 to 65535; got ${port} in ${shown(address)}`);
  return port;
}

/** The repository below a bucket as restic is told of it. */
export function resticUrl(address: Address): string {
  switch (address.store) {
    case "folder":
      return path.join(address.folder, "restic");
    case "s3":
      return `s3:https://${address.host}:${address.port}/${address.bucket}${address.prefix}/restic`;
    case "azure":
      return `azure:${address.container}:${address.prefix}/restic`;
    case "gs":
      return `gs:${address.bucket}:${address.prefix}/restic`;
    case "sftp":
      return `sftp://${address.user}@${address.host}:${address.port}/${path.posix.join(address.folder, "restic")}`;
  }
}

/** Where pgBackRest's repository lies below a bucket. Throws for a store that it does not know. */
export function archivePlace(address: Address, { region = "us-east-1", caFile }: StoreOptions = {}): ArchiveOptions {
  const ca: ArchiveOptions = caFile === undefined ? {} : { "storage-ca-file": caFile };
  switch (address.store) {
    case "folder":
      return { path: path.join(address.folder, "pgbackrest") };
    case "s3": {
      const { host, port, bucket, prefix } = address;
      return {
        ...{ type: "s3", path: `${prefix}/pgbackrest`, "s3-bucket": bucket, "s3-endpoint": host, "s3-region": region },
        ...{ "s3-uri-style": "path", "storage-port": String(port), ...ca },
      };
    }
    case "azure": {
      const { account, container, prefix } = address;
      return {
        ...{ type: "azure", path: `${prefix}/pgbackrest` },
        ...{ "azure-account": account, "azure-container": container, ...ca },
      };
    }
    case "gs":
      return { type: "gcs", path: `${address.prefix}/pgbackrest`, "gcs-bucket": address.bucket, ...ca };
    case "sftp":
      throw new Error(
        `pgBackRest before 2.46 knows no SFTP, and this project uses 2.45: keep physical backups of PostgreSQL in a folder, S3, Azure or Google Cloud; got sftp:${address.user}@${address.host}`,
      );
  }
}

export interface StoreOptions {
  /** Of an S3 bucket.  @default "us-east-1" */
  readonly region?: string;
  /** Certificates (PEM) that a store is trusted by, in place of the system's.  @default - the system's */
  readonly caFile?: string;
}
