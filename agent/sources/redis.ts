import { createReadStream, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import * as path from "node:path";
import { own } from "../../engines/files";
import { run } from "../../engines/run";
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
import { headOf, tagsOf } from "./naming";
import { ask, dumpInto, info, keysOf, type RedisServer } from "./redis/client";
import { appendOnlyIn, draftIn, holdsData, processesIn, takePlace, type AppendOnly } from "./redis/data-folder";
import { proveInScratch } from "./redis/proof";
import { RdbReader, readRdb, SENTINEL, type RdbSummary } from "./redis/rdb";
import { differences, timeOf, writeSentinel } from "./redis/sentinel";
import { warmUp } from "./redis/warm";
import { staged } from "../../engines/staging";
import { refuseWithoutSpace } from "./space";
import { refuse } from "./target";

export interface RedisOptions {
  readonly name: string;
  readonly plan: string;
  readonly site: string;
  /** The server and how to log in to it. Asked at each use. */
  readonly server: () => RedisServer;
  /** Whether the server's append-only file is on (the plan's `aof`). A restore then prepares one.  @default - as found */
  readonly appendOnly?: boolean;
  /** Database of the sentinel key: one that nobody flushes.  @default 15, or 0 where there are fewer */
  readonly sentinelDatabase?: number;
  /** Asked by POST to fill the cache once the server runs again.  @default - nobody */
  readonly warm?: { readonly url: string; readonly token?: () => string };
}

/** The name of the RDB in a repository. */
const FILE = "dump.rdb";

/** Redis by its own replication protocol: an RDB of one moment, streamed into the repository and read on the way. */
export class RedisSource implements Source {
  readonly engine = "redis";
  readonly kind = "logical";
  readonly name: string;

  constructor(private readonly options: RedisOptions) {
    this.name = options.name;
  }

  async preflight(): Promise<void> {
    const server = this.options.server();
    await run("redis-cli", ["--version"]);
    if ((await info(server, "persistence")).loading !== "0")
      throw new Error(`${this.name}: the server is still loading`);
    const { master_link_status: link } = await info(server, "replication");
    if (link !== undefined && link !== "up")
      throw new Error(`${this.name}: the server is a replica without its master: what it holds may be old`);
  }

  async backUp(request: BackupRequest, repository: Repository, onProgress: OnProgress): Promise<Backup> {
    const { name } = this.options;
    if (request.type !== "full") throw new Error(`Redis has no ${request.type} backups: each is a full one`);
    await this.preflight();
    const server = this.options.server();
    const { redis_version: serverVersion } = await info(server, "server");
    const persistence = await info(server, "persistence");
    const sentinel = await writeSentinel(server, this.options.sentinelDatabase);
    const head = headOf(this, this.options, request, await timeOf(server));
    let taken: { summary: RdbSummary; bytes: number } | undefined;
    const stored = await repository.storeStream(FILE, tagsOf(head), async (sink) => {
      taken = await dumpInto(server, sink, (bytes) => onProgress({ bytes, phase: "dump" }));
      if (sentinel.value !== undefined && !taken.summary.sentinels.includes(sentinel.value))
        throw new Error(`${name}: the value written just before the backup is not in it`);
    });
    const { summary, bytes } = taken!;
    return {
      ...head,
      endedAt: (await timeOf(server)).toISOString(),
      bytes: { source: bytes, stored: stored.bytes.stored },
      counts: summary.keys,
      ...(sentinel.value === undefined ? {} : { sentinel: sentinel.value }),
      locator: stored.locator,
      ...(serverVersion === undefined ? {} : { serverVersion }),
      tools: { "redis-cli": (await run("redis-cli", ["--version"])).trim() },
      details: {
        rdbVersion: summary.format,
        checksum: summary.checksum,
        appendOnly: persistence.aof_enabled === "1",
        ...sentinel.details,
      },
    };
  }

  async refusalOfTarget(_backup: Backup, { target, drop }: RestoreRequest): Promise<TargetRefusal | undefined> {
    if (!statSync(target, { throwIfNoEntry: false })?.isDirectory())
      return { rule: "must be the data folder of a stopped server; no such folder is there", way: "Name one" };
    const runs = await this.runsIn(target);
    if (runs !== undefined) return { rule: `must not be in use; ${runs}`, way: "Stop the server first" };
    return holdsData(target) && !drop
      ? { rule: "must hold no data", way: "Say that it may be replaced (`drop`), or name another folder" }
      : undefined;
  }

  /** Puts the RDB into the data folder of a server that is stopped. Start it, then call {@link afterStart}. */
  async restore(
    backup: Backup,
    repository: ReadableRepository,
    request: RestoreRequest,
    onProgress: OnProgress,
  ): Promise<void> {
    const { target } = request;
    refuse(target, await this.refusalOfTarget(backup, request));
    refuseWithoutSpace(target, backup.bytes.source, "the restore");
    const draft = draftIn(target);
    try {
      await this.fetchInto(draft, backup, repository, onProgress);
      refuse(target, await this.refusalOfTarget(backup, request)); // it may have been started meanwhile
      takePlace(target, draft, this.appendOnlyFor(target, backup), backup.id);
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** Rejects also where nobody said yet where this site's server is: it may be restored before that. */
  private async folderOfServer(): Promise<string | undefined> {
    return (await ask(this.options.server(), "CONFIG", "GET", "dir")).split("\n").at(-1);
  }

  /** What runs in a data folder, for a person. */
  private async runsIn(folder: string): Promise<string | undefined> {
    const [pid] = processesIn(folder);
    if (pid !== undefined) return `process ${pid} runs in it`;
    const ours = await this.folderOfServer().catch(() => undefined);
    return ours === folder ? "its server answers" : undefined;
  }

  private appendOnlyFor(folder: string, { serverVersion = "7", details }: Backup): AppendOnly {
    const found = appendOnlyIn(folder);
    if (found !== "none") return found;
    const on = this.options.appendOnly ?? details.appendOnly === true;
    return !on ? "none" : Number.parseInt(serverVersion) >= 7 ? "folder" : "file";
  }

  /** Fetches an RDB into a file and reads it on the way. Throws unless it is the one that was backed up. */
  private async fetchInto(
    file: string,
    backup: Backup,
    repository: ReadableRepository,
    onProgress: OnProgress,
  ): Promise<void> {
    const reader = new RdbReader();
    const out = await open(file, "w", 0o600);
    try {
      let bytes = 0;
      await repository.readStream(backup.locator, FILE, async (source) => {
        for await (const chunk of source as AsyncIterable<Buffer>) {
          reader.push(chunk);
          await out.appendFile(chunk);
          onProgress({ bytes: (bytes += chunk.length), totalBytes: backup.bytes.source, phase: "restore" });
        }
      });
      await out.sync();
    } finally {
      await out.close();
    }
    own(file);
    const wrong = differences(backup, reader.end());
    if (wrong.length > 0) throw new Error([`${backup.id} is not whole`, ...wrong].join("\n  "));
  }

  /** Once the restored server runs: looks whether it holds the backup, and has the cache filled. */
  async afterStart(backup: Backup): Promise<void> {
    const server = this.options.server();
    const database = Number(backup.details.sentinelDatabase ?? 0);
    if (
      backup.sentinel !== undefined &&
      (await ask(server, "-n", String(database), "GET", SENTINEL)) !== backup.sentinel
    )
      throw new Error(`${this.name}: the server does not hold ${backup.id}`);
    if (Object.keys(await keysOf(server)).length === 0 && Object.keys(backup.counts).length > 0)
      throw new Error(`${this.name}: the server is empty`);
    await this.warmUp();
  }

  /** Has the cache filled by the service that the plan names; does nothing where it names none. */
  async warmUp(): Promise<void> {
    const { warm } = this.options;
    if (warm) await warmUp(warm.url, warm.token?.());
  }

  async prove(backup: Backup, repository: Repository, scratchFolder: string, onProgress: OnProgress): Promise<Verdict> {
    const seconds = stopwatch();
    return staged(scratchFolder, this.name, async (folder) => {
      refuseWithoutSpace(folder, backup.bytes.source, "the proof");
      const file = path.join(folder, FILE);
      let level: Verdict["level"] = "read";
      let reasons: readonly string[];
      let verified = false;
      try {
        await this.fetchInto(file, backup, repository, onProgress);
        const proof = await proveInScratch(backup, folder, (before) => readRdb(createReadStream(file), before));
        ({ level, verified, reasons } = proof);
      } catch (error) {
        reasons = reasonsOf(error);
      }
      return verdictOf(backup, level, seconds(), reasons, verified);
    });
  }
}
