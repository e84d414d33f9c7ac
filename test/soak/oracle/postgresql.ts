import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Client } from "pg";
import { makeFolder, own, writeWhole } from "../../../engines/files";
import { binaries } from "../../../engines/postgres/binaries";
import { run } from "../../../engines/run";
import { serverUser } from "../../../engines/user";
import { checksumOf, type Item } from "../ledger";
import { PLAN } from "../plan";
import type { RepositoryName, System } from "../system";
import { TABLE } from "../writers/postgresql";
import { restic, type Claim } from "./tools";

type Rows = readonly Pick<Item, "n" | "checksum">[];
const MINUTES = 60_000;

const asServer = (program: string, args: readonly string[], timeoutMs = 3 * MINUTES) =>
  run(program, args, { user: serverUser(), cwd: "/", timeoutMs });
const tool = (name: string, ...args: string[]) => asServer(path.join(binaries().folder, name), args);

/** The rows of a physical backup, by pgBackRest and PostgreSQL alone. */
export async function rowsOfPhysical(
  system: System,
  repository: RepositoryName,
  claim: Claim,
  folder: string,
  time?: Date,
): Promise<Rows> {
  const data = path.join(folder, "data");
  makeFolder(data, 0o700);
  for (const part of ["lock", "spool", "log"]) makeFolder(path.join(folder, part));
  const configuration = path.join(folder, "pgbackrest.conf");
  const lines = [
    "[global]",
    `repo1-path=${system.bucket[repository]}/pgbackrest`,
    "repo1-cipher-type=aes-256-cbc",
    `repo1-cipher-pass=${readFileSync(path.join(system.keysFolder, "repository.key"), "utf8").trim()}`,
    ...["lock", "spool", "log"].map((part) => `${part}-path=${folder}/${part}`),
    `[${system.postgres.stanza}]`,
    `pg1-path=${data}`,
    "",
  ];
  writeWhole(configuration, lines.join("\n"));
  const until = time
    ? ["--type=time", `--target=${time.toISOString().replace("T", " ").replace("Z", "+00")}`]
    : ["--type=immediate"];
  await asServer("pgbackrest", [
    ...[`--config=${configuration}`, `--stanza=${system.postgres.stanza}`, `--set=${claim.locator}`, ...until],
    ...["--target-action=promote", "--archive-mode=off", "--log-level-console=warn", "restore"],
  ]);
  return rowsOn(data);
}

/** The rows of a dump, by restic and pg_restore alone. */
export async function rowsOfDump(
  system: System,
  repository: RepositoryName,
  claim: Claim,
  folder: string,
): Promise<Rows> {
  const [dump, data] = [path.join(folder, "dump"), path.join(folder, "data")];
  makeFolder(dump);
  await restic(system, repository, "restore", claim.locator, "--target", dump);
  const toc = (await asServer("find", [dump, "-name", "toc.dat"])).trim();
  if (toc === "") throw new Error(`${claim.id} holds no dump`);
  await tool(
    "initdb",
    `--pgdata=${data}`,
    "--username=postgres",
    "--auth=trust",
    "--no-sync",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
  );
  return rowsOn(data, async (socket) => {
    const where = [`--host=${socket}`, "--username=postgres"];
    await tool("createdb", ...where, PLAN);
    await tool(
      "pg_restore",
      ...where,
      `--dbname=${PLAN}`,
      "--exit-on-error",
      "--no-owner",
      "--no-privileges",
      path.dirname(toc),
    );
  });
}

/** Starts a server on a data folder and answers the rows that it holds. */
async function rowsOn(
  data: string,
  before: (socket: string) => Promise<void> = () => Promise.resolve(),
): Promise<Rows> {
  const socket = mkdtempSync(path.join(tmpdir(), "so-")); // short: a socket's path may have 107 letters
  own(socket);
  writeWhole(path.join(socket, "hba.conf"), "local all all trust\n");
  const settings = {
    ...{ listen_addresses: "''", unix_socket_directories: socket, hba_file: `${socket}/hba.conf`, archive_mode: "off" },
    ...{ ssl: "off", primary_conninfo: "''", primary_slot_name: "''", synchronous_standby_names: "''", fsync: "off" },
    ...{ port: "5432", logging_collector: "off" },
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const log = path.join(socket, "log");
  try {
    await tool(
      "pg_ctl",
      "start",
      "--pgdata",
      data,
      "--log",
      log,
      "--wait",
      "--timeout=120",
      "-o",
      options.join(" "),
    ).catch((error: Error) => {
      throw new Error(`the restored server does not start: ${error.message}\n${lastLines(log)}`);
    });
    await before(socket);
    return await query(socket, log);
  } finally {
    await tool("pg_ctl", "stop", "--pgdata", data, "--mode=immediate", "--wait").catch(() => {});
    rmSync(socket, { recursive: true, force: true });
  }
}

async function query(socket: string, log: string): Promise<Rows> {
  const client = new Client({ host: socket, port: 5432, user: "postgres", database: PLAN });
  client.on("error", () => {});
  await client.connect();
  try {
    for (const end = Date.now() + 2 * MINUTES; ; await new Promise((r) => setTimeout(r, 100))) {
      const { rows } = await client.query<{ replaying: boolean }>("select pg_is_in_recovery() as replaying");
      if (!rows[0]!.replaying) break;
      if (Date.now() > end) throw new Error(`the restored server never ended its recovery\n${lastLines(log)}`);
    }
    const { rows } = await client.query<{ n: string; body: string }>(`select n, body from ${TABLE}`);
    return rows.map(({ n, body }) => ({ n: Number(n), checksum: checksumOf(body) }));
  } finally {
    await client.end().catch(() => {});
  }
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, "utf8").trim().split("\n").slice(-8).join("\n");
  } catch {
    return "";
  }
}
