import * as path from "node:path";
import type { DataEntry } from "../../plan";
import type { AgentConfig, SourceConfig } from "../config";
import type { Source } from "../contract";
import { archiveOf, inheritedIn } from "../repository/stores";
import type { ReadSecret } from "../secrets";
import { mongodbAddress, redisAddress } from "./address";
import { Continuous } from "./continuous";
import { FilesSource } from "./files";
import { LogicalPostgresql } from "./postgresql-logical";
import { PhysicalPostgresql } from "./postgresql-physical";
import { RedisSource } from "./redis";

/** A source, what the plan says of it, and where its site put it. */
export interface Built {
  readonly source: Source;
  readonly entry: DataEntry;
  readonly root?: string | undefined;
  /** What of it is not copied yet, where the plan wants changes copied as they happen. */
  readonly continuous?: Continuous;
}

/** What an entry of the plan is protected by; nothing for what the site does not say the place of. */
export function sourcesOf(config: AgentConfig, of: SourceConfig, read: ReadSecret): readonly Built[] {
  const { name, entry, root, warm } = of;
  const self = { name, plan: config.plan, site: config.site };
  const secrets = { read, folder: config.secretsFolder };
  switch (entry.engine) {
    case "postgresql":
      return of.postgresql ? postgresql(config, self, entry, of.postgresql, read) : [];
    case "mongodb": {
      // The driver takes 20 MB of memory, and most plans have no MongoDB.
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      const { MongodbSource } = require("./mongodb") as typeof import("./mongodb");
      const { database, address, verify } = entry;
      const source = new MongodbSource({
        ...{ ...self, uri: mongodbAddress(name, address, secrets), staging: path.join(config.folder, "dumps", name) },
        ...(database === undefined ? {} : { database }),
        ...(verify.scratch === undefined ? {} : { scratchAddress: mongodbAddress(name, verify.scratch, secrets) }),
      });
      return [{ source, entry }];
    }
    case "redis": {
      const server = redisAddress(name, entry.address, secrets);
      const source = new RedisSource({
        ...{ ...self, server, appendOnly: entry.aof },
        ...(warm === undefined ? {} : { warm: { url: warm } }),
      });
      return [{ source, entry }];
    }
    case "files":
    case "configuration": {
      if (root === undefined) return [];
      const certificates = entry.engine === "configuration" ? (entry.certificates?.paths ?? []) : [];
      const paths = [...entry.paths, ...certificates].map((one) => path.resolve(root, one));
      const exclude = entry.engine === "files" ? entry.exclude : [];
      const built = { source: new FilesSource({ ...self, engine: entry.engine, paths, exclude, root }), entry, root };
      if (entry.engine === "configuration" || entry.replicate === "none") return [built];
      return [{ ...built, continuous: new Continuous({ paths, mayLag: entry.replicateLag }) }];
    }
  }
}

type Postgresql = Extract<DataEntry, { readonly engine: "postgresql" }>;

function postgresql(
  config: AgentConfig,
  self: { readonly name: string; readonly plan: string; readonly site: string },
  entry: Postgresql,
  { endpoint, stanza, dataFolder, socketFolder, workFolder, passFile }: NonNullable<SourceConfig["postgresql"]>,
  read: ReadSecret,
): readonly Built[] {
  const { folder, keysFolder, repositories } = config;
  const { verify } = entry;
  const proof = {
    ...{ queries: verify.queries, counts: verify.counts },
    ...(verify.maxRestoreTime === undefined ? {} : { maxRestoreSeconds: verify.maxRestoreTime }),
  };
  const all = [...repositories, ...inheritedIn(config)];
  const archives = Object.fromEntries(all.map((one) => [one.name, archiveOf(one, read)]));
  const physical = new PhysicalPostgresql({
    ...{ ...self, database: entry.database, endpoint, archives, workFolder: path.join(folder, "pgbackrest") },
    stanza: { name: stanza, keysFolder, dataFolder, socketFolder, port: endpoint.port, workFolder, passFile },
    ...proof,
  });
  const { dump, parallel, timeZone, offsite, archive, archiveTimeout } = entry.backup;
  if (dump === undefined) return [{ source: physical, entry }];
  // A name of the plan has no dot in it: this one cannot be another's.
  const logical = new LogicalPostgresql({
    ...{ ...self, name: `${self.name}.dump`, database: entry.database, endpoint, parallel, ...proof },
    workFolder: path.join(folder, "dumps", self.name),
  });
  const dumped = { ...entry, backup: { full: dump, parallel, timeZone, offsite, archive, archiveTimeout } };
  return [
    { source: physical, entry },
    { source: logical, entry: dumped },
  ];
}
