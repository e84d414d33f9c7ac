import { randomUUID } from "node:crypto";
import * as path from "node:path";
import type {
  Backup,
  BackupRequest,
  OnProgress,
  ReadableRepository,
  Repository,
  RestoreRequest,
  Source,
  TargetRefusal,
  Verdict,
} from "../contract";
import { reasonsOf } from "../proof/reasons";
import { stopwatch, verdictOf } from "../proof/verdict";
import { connected, databaseIn, type Connected } from "./mongodb/connection";
import { examine, timeOf, writeSentinel } from "./mongodb/examine";
import { collectionsOf, differences, findDump, isRestored, walkDump } from "./mongodb/folder";
import { load } from "./mongodb/load";
import { installedServer, restoreIntoOther, restoreIntoScratch, type ScratchCommand } from "./mongodb/proof";
import { take } from "./mongodb/take";
import { headOf, tagsOf } from "./naming";
import { ScratchError } from "./scratch-server";
import { staged } from "../../engines/staging";
import { refuseWithoutSpace } from "./space";
import { refuse } from "./target";

export interface MongodbOptions {
  readonly name: string;
  readonly plan: string;
  readonly site: string;
  /** Reads the server's address, which holds the password. Asked at each use. */
  readonly uri: () => string;
  /** The database that is protected.  @default - all of them, but the server's own */
  readonly database?: string;
  /** Folder for the dump while it is taken or brought back: as much room as the documents have bytes. */
  readonly staging: string;
  /** A server to restore into for proof: program and arguments, with `{port}` and `{folder}`.  @default - `mongod` */
  readonly scratchServer?: ScratchCommand;
  /** Reads the address of a server that is there for proofs; it goes before `scratchServer`.  @default - there is none */
  readonly scratchAddress?: () => string;
}

/** MongoDB through its own driver, in the folder layout of `mongodump`: `mongorestore` reads it without this agent. */
export class MongodbSource implements Source {
  readonly engine = "mongodb";
  readonly kind = "logical";
  readonly name: string;

  constructor(private readonly options: MongodbOptions) {
    this.name = options.name;
  }

  async preflight(): Promise<void> {
    const { database, staging } = this.options;
    await connected(this.options.uri(), (server) => examine(server, database, staging));
  }

  async backUp(request: BackupRequest, repository: Repository, onProgress: OnProgress): Promise<Backup> {
    const { name, staging, database } = this.options;
    if (request.type !== "full") throw new Error(`MongoDB has no ${request.type} backups: each is a full one`);
    return connected(this.options.uri(), async (server) => {
      const databases = await examine(server, database, staging);
      const sentinel = randomUUID();
      const home = database ?? databases.find((one) => one !== "admin") ?? "admin";
      const notWritten = await writeSentinel(server, home, sentinel);
      const head = headOf(this, this.options, request, await timeOf(server));
      return staged(staging, name, async (folder) => {
        const { dumped, details } = await take(server, databases, home, path.join(folder, "dump"), onProgress);
        const stored = await repository.storePaths([path.join(folder, "dump")], tagsOf(head), {}, onProgress);
        return {
          ...head,
          endedAt: (await timeOf(server)).toISOString(),
          bytes: { source: dumped.bytes, stored: stored.bytes.stored },
          counts: dumped.counts,
          ...(notWritten === undefined ? { sentinel } : {}),
          locator: stored.locator,
          serverVersion: server.version,
          tools: { restore: "mongorestore, or this agent" },
          details: { ...details, ...(notWritten === undefined ? {} : { sentinelNotWritten: notWritten }) },
        } satisfies Backup;
      });
    });
  }

  async refusalOfTarget(backup: Backup, { target }: RestoreRequest): Promise<TargetRefusal | undefined> {
    const labels = Object.keys(backup.counts).filter(isRestored);
    const databases = new Set(labels.map((label) => label.slice(0, label.indexOf("."))));
    const into = databaseIn(target);
    if (into !== undefined && databases.size > 1)
      return {
        rule: `must name no database: ${backup.id} holds ${databases.size}, which cannot all become \`${into}\``,
        way: "Leave the database out of the address",
      };
    try {
      const writable = await connected(target, isWritable, FIRST_ANSWER_MS);
      return writable ? undefined : { rule: "must take writes; it is a secondary", way: "Name its primary" };
    } catch (error) {
      return { rule: `must answer: ${(error as Error).message}`, way: "Start it, or name another" };
    }
  }

  async restore(
    backup: Backup,
    repository: ReadableRepository,
    request: RestoreRequest,
    onProgress: OnProgress,
  ): Promise<void> {
    const { target, drop } = request;
    refuse(target, await this.refusalOfTarget(backup, request));
    await staged(this.options.staging, this.name, async (folder) => {
      refuseWithoutSpace(folder, backup.bytes.source, "the restore");
      await repository.restorePaths(backup.locator, folder, onProgress);
      const place = findDump(folder);
      // Nothing is dropped for a backup that cannot take its place.
      const wrong = differences(backup.counts, (await walkDump(place)).counts);
      if (wrong.length > 0) throw new Error([`${backup.id} is not whole; nothing was changed`, ...wrong].join("\n  "));
      const collections = restored(place);
      const databases = new Set(collections.map(({ database }) => database));
      const into = databaseIn(target);
      if (into !== undefined && databases.size > 1)
        throw new Error(`${backup.id} holds ${databases.size} databases: they cannot all become \`${into}\``);
      await connected(target, (server) =>
        load(server, collections, { drop, ...(into === undefined ? {} : { into }) }, onProgress),
      );
    });
  }

  async prove(backup: Backup, repository: Repository, scratchFolder: string, onProgress: OnProgress): Promise<Verdict> {
    const seconds = stopwatch();
    const { plan, site, uri, scratchServer = installedServer() } = this.options;
    const address = this.options.scratchAddress?.();
    const command = address === undefined ? scratchServer : undefined;
    const verdict = (level: Verdict["level"], wrong: readonly string[], notes: readonly string[] = []) =>
      verdictOf(backup, level, seconds(), [...wrong, ...notes], wrong.length === 0);
    return staged(scratchFolder, this.name, async (folder) => {
      refuseWithoutSpace(folder, backup.bytes.source * (command ? 2 : 1), "the proof");
      let level: Verdict["level"] = "read";
      try {
        await repository.restorePaths(backup.locator, folder, onProgress);
        const place = findDump(folder);
        const read = await walkDump(place, (bytes) => onProgress({ bytes, phase: "read" }));
        const wrong = [...differences(backup.counts, read.counts), ...missing(backup.sentinel, read.sentinels)];
        if (wrong.length > 0) return verdict("read", wrong);
        if (!command && address === undefined) return verdict("read", [], [READ_ONLY]);
        level = "restore";
        const there =
          address === undefined
            ? await restoreIntoScratch(command!, folder, restored(place), onProgress)
            : await restoreIntoOther(
                { uri: address, source: uri, owner: `${plan}/${site}/${this.name}` },
                restored(place),
                onProgress,
              );
        return verdict("restore", [
          ...differences(
            Object.fromEntries(Object.entries(backup.counts).filter(([label]) => isRestored(label))),
            there.counts,
          ),
          ...missing(backup.sentinel, there.sentinels),
          ...there.missingIndexes,
        ]);
      } catch (error) {
        if (error instanceof ScratchError) throw error; // says nothing of the backup
        return verdict(level, reasonsOf(error));
      }
    });
  }
}

/** Whoever asks for a restore waits so long, in milliseconds, for the server to answer. */
const FIRST_ANSWER_MS = 5_000;

async function isWritable({ client }: Connected): Promise<boolean> {
  const { isWritablePrimary, ismaster } = await client.db("admin").command({ hello: 1 });
  return (isWritablePrimary ?? ismaster) !== false;
}

const READ_ONLY =
  "read back only: there is no MongoDB server to restore into. Install mongod on the agent's machine, or name a server for it (verify.scratch)";

const missing = (sentinel: string | undefined, found: readonly string[]) =>
  sentinel === undefined || found.includes(sentinel) ? [] : ["the value written just before the backup is not in it"];

const restored = (dump: string) => collectionsOf(dump).filter(({ label }) => label === undefined || isRestored(label));
