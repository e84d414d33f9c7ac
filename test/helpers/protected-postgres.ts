import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Client } from "pg";
import { copyEmpty, PASSWORD } from "../agent/repository/place";
import { ResticRepository } from "../../agent/repository/restic";
import { PhysicalPostgresql, type PhysicalOptions } from "../../agent/sources/postgresql-physical";
import { killSite } from "../../cli/drill/lose-site";
import { makeFolder, own, writeWhole } from "../../engines/files";
import { key, keyFile } from "../../engines/keys";
import { archiveCommand, renderArchive, type ArchivePlace } from "../../engines/pgbackrest";
import { keptPort } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { connected, type Endpoint } from "../../engines/postgres/sql";

/** A PostgreSQL server that archives to two buckets, and all that an agent needs to protect it. */
export interface ProtectedPostgres {
  readonly folder: string;
  readonly endpoint: Endpoint;
  readonly query: <T extends object>(sql: string) => Promise<T[]>;
  readonly connected: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
  readonly bucket: (repository: string) => string;
  readonly repository: (name?: string) => Promise<ResticRepository>;
  readonly physical: (changes?: Partial<PhysicalOptions>) => PhysicalPostgresql;
  readonly options: PhysicalOptions;
  readonly stop: () => Promise<void>;
}

/** `own` is where its first repository lies, if that is not a bucket's folder. */
export async function protectedPostgres(database = "shop", own_?: ArchivePlace): Promise<ProtectedPostgres> {
  const folder = mkdtempSync(path.join(tmpdir(), "dr-pg-"));
  own(folder);
  const at = (...parts: string[]) => path.join(folder, ...parts);
  const keysFolder = at("keys");
  makeFolder(keysFolder, 0o700);
  writeWhole(keyFile(keysFolder, "restic"), PASSWORD);
  const made = new Set<string>();
  for (const name of ["postgres", "app", "replicator", "repository", "restic"]) key(keysFolder, name);
  const port = await keptPort(at("ports.json"), "postgres");
  const buckets = ["own", "dr"].map((name) => at("buckets", name));
  for (const bucket of buckets) makeFolder(bucket);
  for (const part of ["lock", "spool", "log"]) makeFolder(at("server/pgbackrest", part));
  const stanza = {
    ...{ name: "shop-orders", keysFolder, dataFolder: cluster.dataFolder(at("server")), socketFolder: at("run"), port },
    ...{ workFolder: at("server/pgbackrest"), passFile: cluster.passFile(keysFolder), lockWaitMs: 60_000 },
  };
  const archives = { own: own_ ?? archiveIn(buckets[0]!), dr: archiveIn(buckets[1]!) };
  const archive = { ...stanza, stanza: stanza.name, repositories: Object.values(archives) };
  writeWhole(
    at("server/pgbackrest.conf"),
    renderArchive({ ...archive, passphrase: key(keysFolder, "repository"), keepFulls: 7 }),
  );
  await cluster.initialise(at("server"), keysFolder);
  cluster.configure(at("server"), {
    ...{ clusterName: "shop-orders", address: "127.0.0.1", port, socketFolder: at("run"), archiveTimeoutSeconds: 60 },
    ...{ slotCapMiB: 64, archiveCommand: archiveCommand(at("server/pgbackrest.conf"), stanza.name) },
  });
  await cluster.start(at("server"));
  const endpoint: Endpoint = { address: "127.0.0.1", port, keysFolder };
  await cluster.furnish(endpoint, database);
  const options: PhysicalOptions = {
    ...{ name: "orders", plan: "shop", site: "prod", database, endpoint, stanza, workFolder: at("agent/pgbackrest") },
    archives,
  };
  const physical = (changes: Partial<PhysicalOptions> = {}) => new PhysicalPostgresql({ ...options, ...changes });
  for (const name of ["own", "dr"]) await physical().prepare(name);
  return {
    ...{ folder, endpoint, options, physical },
    query: async (sql) =>
      connected({ ...endpoint, database }, async (client) => (await client.query(sql)).rows as never),
    connected: (work) => connected({ ...endpoint, database }, work),
    bucket: (name) => at("buckets", name),
    async repository(name = "own") {
      const place = { name, url: at("buckets", name, "restic"), passwordFile: keyFile(keysFolder, "restic") };
      if (!made.has(name)) await copyEmpty(place.url);
      made.add(name);
      const repository = new ResticRepository({ ...place, cacheFolder: at("agent/cache"), lockWaitMs: 60_000 });
      await repository.open();
      return repository;
    },
    async stop() {
      await cluster.stop(at("server")).catch(() => {});
      // What ships WAL outlives the server by a moment and goes on writing.
      killSite(folder);
      await new Promise((r) => setTimeout(r, 100));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

const archiveIn = (bucket: string) => ({ path: `${bucket}/pgbackrest` });

export const silent = () => {};
export const manual = (type: "full" | "incr" | "diff" = "full") => ({ type, trigger: "manual" as const });
