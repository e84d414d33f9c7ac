import type { Resource } from "../resource";
import { bucketFolder } from "./bucket-folder";
import { dnsRecord } from "./dns-record";
import { fence } from "./fence";
import { nameServer } from "./name-server";
import { postgresServer } from "./postgres-server";
import { supervisedProcess } from "./process";
import { promotion } from "./promotion";
import { restore } from "./restore";

/** What the provider knows to make, by type token. */
export const resources: Readonly<Record<string, Resource<object>>> = {
  "dr:index:DnsRecord": dnsRecord,
  "dr:index:Fence": fence,
  "dr:index:Promotion": promotion,
  "dr:index:Restore": restore,
  "dr:local:BucketFolder": bucketFolder,
  "dr:local:NameServer": nameServer,
  "dr:local:PostgresServer": postgresServer,
  "dr:local:Process": supervisedProcess,
} as Record<string, Resource<object>>;
