import { readdirSync, rmSync } from "node:fs";
import * as path from "node:path";
import type { Client } from "pg";
import { makeFolder } from "../../engines/files";
import { key } from "../../engines/keys";
import { binaries } from "../../engines/postgres/binaries";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import { run, RunError } from "../../engines/run";
import { serverUser } from "../../engines/user";
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
import { takeCensus } from "./postgresql/census";
import { examine, withServerOn, type Query } from "./postgresql/scratch";
import { lockSource, writeSentinel } from "./postgresql/sentinel";
import { refuseOther, sameMajor } from "./postgresql/version";
import { staged } from "../../engines/staging";
import { refuseWithoutSpace } from "./space";
import { refuse } from "./target";

export interface LogicalOptions {
  readonly name: string;
  readonly plan: string;
  readonly site: string;
  readonly database: string;
  readonly endpoint: Endpoint;
  /** Where a dump lies until it is stored. Always the same, so that what did not change is found again. */
  readonly workFolder: string;
  /** Processes that copy at once.  @default 2 */
  readonly parallel?: number;
  /** @default [] */
  readonly counts?: readonly string[];
  /** @default [] */
  readonly queries?: readonly Query[];
  readonly maxRestoreSeconds?: number;
}

const HOURS = 3_600_000;
const DUMP = "dump";

/** One PostgreSQL database by pg_dump: a folder, in parallel, uncompressed, because the repository stores only what is new. */
export class LogicalPostgresql implements Source {
  readonly engine = "postgresql";
  readonly kind = "logical";
  readonly name: string;

  constructor(private readonly options: LogicalOptions) {
    this.name = options.name;
  }

  async preflight(): Promise<void> {
    const { name, endpoint, database, workFolder } = this.options;
    const { version, bytes } = await connected({ ...endpoint, database }, async (client) => {
      const sql = "select current_setting('server_version_num')::int as version, pg_database_size($1)::float as bytes";
      return (await client.query<{ version: number; bytes: number }>(sql, [database])).rows[0]!;
    });
    const major = sameMajor(name, version);
    // The server's tools may lie in one folder and still be of two versions, as after half an upgrade.
    const tool = Number(/\) (\d+)/.exec(await this.tool("pg_dump", ["--version"]))?.[1]);
    refuseOther(name, major, "pg_dump is", tool, "it would not dump it whole");
    refuseWithoutSpace(workFolder, bytes, `a dump of ${database}`);
  }

  async backUp(request: BackupRequest, repository: Repository, onProgress: OnProgress): Promise<Backup> {
    const { name, endpoint, database, workFolder } = this.options;
    if (request.type !== "full") throw new Error(`a dump has no ${request.type} backups: each is a full one`);
    await this.preflight();
    const folder = path.join(workFolder, DUMP);
    return connected({ ...endpoint, database }, async (client) => {
      await lockSource(client, name);
      // From here on the folder is this backup's alone.
      try {
        return await this.dumped(request, repository, client, folder, onProgress);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  private async dumped(
    request: BackupRequest,
    repository: Repository,
    client: Client,
    folder: string,
    onProgress: OnProgress,
  ): Promise<Backup> {
    const { name, database, workFolder, parallel = 2, counts = [] } = this.options;
    const sentinel = await writeSentinel(client, name);
    // The dump and the counts see one and the same moment.
    await client.query("begin transaction isolation level repeatable read read only");
    const { rows } = await client.query<{ now: Date; snapshot: string; version: string }>(
      "select now(), pg_export_snapshot() as snapshot, current_setting('server_version') as version",
    );
    const { now, snapshot, version } = rows[0]!;
    const head = headOf(this, this.options, request, now);
    rmSync(folder, { recursive: true, force: true });
    makeFolder(workFolder, 0o700);
    onProgress({ bytes: 0, phase: "dump" });
    const census = await takeCensus(client, counts);
    await this.tool("pg_dump", [
      ...["--format=directory", "--compress=0", `--jobs=${parallel}`, `--file=${folder}`, `--snapshot=${snapshot}`],
      ...this.where(database),
    ]);
    const stored = await repository.storePaths([folder], tagsOf(head), {}, onProgress);
    const { rows: ended } = await client.query<{ now: Date }>("select clock_timestamp() as now");
    return {
      ...{ ...head, endedAt: ended[0]!.now.toISOString(), bytes: stored.bytes },
      ...{ counts: census.rows, sentinel, locator: stored.locator, serverVersion: version },
      tools: { pg_dump: String(binaries().version) },
      details: { database, ...Object.fromEntries(census.estimated.map((table) => [`estimated ${table}`, true])) },
    };
  }

  /** The server is asked with the tools' own words and password. */
  async refusalOfTarget(_backup: Backup, { target }: RestoreRequest): Promise<TargetRefusal | undefined> {
    const { where, database } = serverOf(target);
    const ask = ["--no-psqlrc", "--no-password", "--tuples-only", "--no-align"];
    const sql = "--command=select pg_is_in_recovery()";
    try {
      const answer = await this.tool("psql", [...where, `--dbname=${database}`, ...ask, sql]);
      return answer.trim() === "f" ? undefined : { rule: "must take writes; it is a standby", way: "Name its primary" };
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      const said = error.stderr
        .replace(/^psql: error: /, "")
        .replaceAll(/\s+/g, " ")
        .trim();
      return { rule: `must be a database that can be reached: ${said}`, way: "Start it, make it, or name another" };
    }
  }

  /**
   * Fills a database of the server that `target` names (`postgresql://user@host:port/database`; a socket's folder is a host
   * with `%2F` in it); the password is a key.
   */
  async restore(
    backup: Backup,
    repository: ReadableRepository,
    request: RestoreRequest,
    onProgress: OnProgress,
  ): Promise<void> {
    const { where, database } = serverOf(request.target);
    refuse(request.target, await this.refusalOfTarget(backup, request));
    const drop = request.drop ? ["--clean", "--if-exists"] : [];
    await this.fetched(backup, repository, path.join(this.options.workFolder, "restore"), onProgress, async (dump) => {
      // All or nothing: a restore that fails leaves the target as it was.
      const options = [`--dbname=${database}`, "--single-transaction", "--exit-on-error", ...drop];
      await this.tool("pg_restore", [...where, ...options, dump]);
    });
  }

  async prove(backup: Backup, repository: Repository, scratchFolder: string, onProgress: OnProgress): Promise<Verdict> {
    const { database, queries = [], maxRestoreSeconds = Infinity, parallel = 2 } = this.options;
    refuseWithoutSpace(scratchFolder, backup.bytes.source * 3, `a test restore of ${backup.id}`);
    const seconds = stopwatch();
    const reasons = await this.fetched(backup, repository, scratchFolder, onProgress, async (dump) => {
      const data = path.join(path.dirname(dump), "scratch-server");
      await this.tool("initdb", [
        `--pgdata=${data}`,
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
      ]);
      return withServerOn(data, async (copy) => {
        await copy.connected("postgres", (client) =>
          client.query(`create database "${database.replaceAll('"', '""')}"`),
        );
        const where = [
          `--host=${copy.socketFolder}`,
          `--port=${copy.port}`,
          "--username=postgres",
          `--dbname=${database}`,
        ];
        // Roles are the cluster's, not the dump's: who owns a table is not what is proven here.
        await this.tool("pg_restore", [
          ...where,
          `--jobs=${parallel}`,
          "--exit-on-error",
          "--no-owner",
          "--no-privileges",
          dump,
        ]);
        const late =
          seconds() > maxRestoreSeconds
            ? [`it took ${Math.round(seconds())} s to restore; the plan allows ${maxRestoreSeconds} s`]
            : [];
        await copy.connected(database, (client) => client.query("analyze"));
        return [...late, ...(await examine(copy, backup, database, queries))];
      });
    }).catch(reasonsOf);
    return verdictOf(backup, "restore", seconds(), reasons);
  }

  private fetched<T>(
    backup: Backup,
    repository: ReadableRepository,
    parent: string,
    onProgress: OnProgress,
    work: (dump: string) => Promise<T>,
  ): Promise<T> {
    return staged(parent, this.name, async (folder) => {
      await repository.restorePaths(backup.locator, folder, onProgress);
      const toc = (readdirSync(folder, { recursive: true }) as string[]).find(
        (name) => path.basename(name) === "toc.dat",
      );
      if (toc === undefined) throw new Error(`${backup.id} holds no dump: there is no toc.dat in it`);
      return work(path.join(folder, path.dirname(toc)));
    });
  }

  private where(database: string): string[] {
    const { address, port } = this.options.endpoint;
    return [`--host=${address}`, `--port=${port}`, "--username=postgres", "--no-password", `--dbname=${database}`];
  }

  private tool(name: string, args: readonly string[]): Promise<string> {
    const env = { PGPASSWORD: key(this.options.endpoint.keysFolder, "postgres"), PGCONNECT_TIMEOUT: "5" };
    return run(path.join(binaries().folder, name), args, { user: serverUser(), cwd: "/", env, timeoutMs: 12 * HOURS });
  }
}

/** A server's address as its tools take it. */
function serverOf(target: string): { readonly where: readonly string[]; readonly database: string } {
  const { hostname, port, username, pathname } = new URL(target);
  const where = [
    `--host=${decodeURIComponent(hostname)}`,
    `--port=${port || 5432}`,
    `--username=${username || "postgres"}`,
  ];
  return { where, database: pathname.slice(1) };
}
