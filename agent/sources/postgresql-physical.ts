import { readdirSync, rmSync } from "node:fs";
import * as path from "node:path";
import { makeFolder } from "../../engines/files";
import type { ArchivePlace } from "../../engines/pgbackrest";
import { withServerApart } from "../../engines/postgres/apart";
import { connected, serverState, type Endpoint } from "../../engines/postgres/sql";
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
import { expire, labels, readBack, replayUntil, restoreFrom, shipWal, walGaps } from "./postgresql/archive";
import type { Stanza } from "./postgresql/pgbackrest";
import { examine, withServerOn, type Query } from "./postgresql/scratch";
import { lockSource } from "./postgresql/sentinel";
import { prepare, stanzaIn } from "./postgresql/stanza";
import { take } from "./postgresql/take";
import { refusalOfFolder } from "./postgresql/target";
import { sameMajor } from "./postgresql/version";
import { refuseWithoutSpace } from "./space";
import { refuse } from "./target";

export interface PhysicalOptions {
  readonly name: string;
  readonly plan: string;
  readonly site: string;
  /** The application's database: what is counted and asked. The backup holds the whole cluster. */
  readonly database: string;
  readonly endpoint: Endpoint;
  readonly stanza: Omit<Stanza, "repository" | "configFile">;
  /** The pgBackRest repository that lies beside each restic one, by the repository's name. */
  readonly archives: Readonly<Record<string, ArchivePlace>>;
  /** Where configuration files are written. */
  readonly workFolder: string;
  /** Tables whose rows are compared; none: all.  @default [] */
  readonly counts?: readonly string[];
  /** How long a backup waits for its WAL to reach the repository before it has failed.  @default 60 */
  readonly archiveTimeoutSeconds?: number;
  /** @default [] */
  readonly queries?: readonly Query[];
  /** A test restore that takes longer has failed.  @default - as long as it takes */
  readonly maxRestoreSeconds?: number;
}

/** PostgreSQL's files and WAL by pgBackRest: full, differential and incremental backups, and any point in time. */
export class PhysicalPostgresql implements Source {
  readonly engine = "postgresql";
  readonly kind = "physical";
  readonly name: string;

  constructor(private readonly options: PhysicalOptions) {
    this.name = options.name;
  }

  async preflight(): Promise<void> {
    const { endpoint, name } = this.options;
    const version = await connected(endpoint, async (client) => {
      const { role } = await serverState(client);
      if (role !== "primary") throw new Error(`${name}: the server is a standby; a backup is taken of the writer`);
      return Number(
        (await client.query<{ v: string }>("select current_setting('server_version_num') as v")).rows[0]!.v,
      );
    });
    sameMajor(name, version);
  }

  /** Makes the stanza in a repository, if it is not there: before that, the server cannot ship WAL to it. */
  prepare = (repository: string) => prepare(this.options, repository);

  backUp(request: BackupRequest, repository: Repository, onProgress: OnProgress): Promise<Backup> {
    const { endpoint, database, name } = this.options;
    return connected({ ...endpoint, database }, async (guard) => {
      await lockSource(guard, name);
      await this.preflight();
      return take(this, this.options, request, repository.name, onProgress);
    });
  }

  refusalOfTarget(_backup: Backup, { target, drop }: RestoreRequest): Promise<TargetRefusal | undefined> {
    return Promise.resolve(refusalOfFolder(target, drop));
  }

  async restore(
    backup: Backup,
    repository: ReadableRepository,
    request: RestoreRequest,
    onProgress: OnProgress,
  ): Promise<void> {
    const { target, drop, time } = request;
    refuse(target, refusalOfFolder(target, drop));
    makeFolder(target, 0o700);
    for (const entry of readdirSync(target)) rmSync(path.join(target, entry), { recursive: true });
    const until = replayUntil(time === undefined ? "end of backup" : { time });
    if (time !== undefined) await shipWal(this.options.endpoint);
    const work = path.join(this.options.workFolder, "restore");
    await this.fetch(backup, repository, target, work, until, onProgress);
    onProgress({ bytes: 100, totalBytes: 100, phase: "replay" });
    // The engine itself brings it to the point that was asked for, and says if the WAL does not reach it.
    const logFile = path.join(work, "server.log");
    rmSync(logFile, { force: true });
    await withServerApart({ data: target, logFile, endpoint: this.options.endpoint }, () => Promise.resolve());
  }

  async prove(backup: Backup, repository: Repository, scratchFolder: string, onProgress: OnProgress): Promise<Verdict> {
    const { database, queries = [], maxRestoreSeconds = Infinity } = this.options;
    refuseWithoutSpace(scratchFolder, backup.bytes.source, `a test restore of ${backup.id}`);
    const seconds = stopwatch();
    const data = path.join(scratchFolder, "data");
    let reasons: string[];
    try {
      makeFolder(data, 0o700);
      await this.fetch(backup, repository, data, scratchFolder, replayUntil("end of backup"), onProgress);
      onProgress({ bytes: 100, totalBytes: 100, phase: "compare" });
      reasons = await withServerOn(data, async (copy) => {
        const ready = seconds();
        const late =
          ready > maxRestoreSeconds
            ? [`it took ${Math.round(ready)} s to restore; the plan allows ${maxRestoreSeconds} s`]
            : [];
        return [...late, ...(await examine(copy, backup, database, queries))];
      });
    } catch (error) {
      reasons = reasonsOf(error);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
    return verdictOf(backup, "restore", seconds(), reasons);
  }

  /** Reads a repository back and compares it with its checksums; answers what is wrong, by backup. */
  readBack = (backups: readonly Backup[], repository: Repository) =>
    readBack(this.stanzaIn(repository), backups, repository.name);

  /** WAL that is missing since the start of the oldest backup that is kept. */
  walGaps = (repository: Repository, oldest: Backup) => walGaps(this.stanzaIn(repository), oldest);

  /** Labels in the repository, and what each needs, whatever anybody noted of them. */
  labels = (repository: Repository) => labels(this.stanzaIn(repository));

  /** Removes backups that nothing kept needs, then the WAL from before the oldest full that is left. */
  expire = (going: readonly string[], repository: Repository) => expire(this.stanzaIn(repository), new Set(going));

  private async fetch(
    backup: Backup,
    repository: ReadableRepository,
    into: string,
    folder: string,
    until: readonly string[],
    onProgress: OnProgress,
  ): Promise<void> {
    const stanza = {
      ...this.stanzaIn(repository),
      dataFolder: into,
      workFolder: path.join(folder, "work"),
      configFile: path.join(folder, "restore.conf"),
    };
    await restoreFrom(stanza, backup, repository.name, until, (percent) =>
      onProgress({ bytes: percent, totalBytes: 100, phase: "restore" }),
    );
  }

  private stanzaIn = ({ name }: Pick<Repository, "name">) => stanzaIn(this.options, name);
}
