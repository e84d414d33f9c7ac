/** Options of one repository without `repo<N>-` before their names; of one in a folder: `path`. Some may be secret. */
export type ArchiveOptions = Readonly<Record<string, string>>;

/** The options of a repository, or what reads them at each use, where credentials are among them. */
export type ArchivePlace = ArchiveOptions | (() => ArchiveOptions);

/** Where pgBackRest keeps a cluster's backups and WAL, in plain data. */
export interface Archive {
  /** The name that backups of this cluster have in every repository. */
  readonly stanza: string;
  /** Nearest first. Each holds a whole copy. */
  readonly repositories: readonly ArchivePlace[];
  /** AES-256 key of all repositories. */
  readonly passphrase: string;
  /** Fulls kept in each repository; older ones go with their WAL. */
  readonly keepFulls: number;
  /** Folder for its locks, spool and log. */
  readonly workFolder: string;
  readonly dataFolder: string;
  readonly socketFolder: string;
  readonly port: number;
}

/** pgBackRest's configuration file. It holds the key: write it for its user's eyes only. */
export function renderArchive(archive: Archive): string {
  const repositories = archive.repositories.flatMap((place, index) => [
    ...Object.entries(typeof place === "function" ? place() : place).map(
      ([name, value]) => `repo${index + 1}-${name}=${value}`,
    ),
    `repo${index + 1}-cipher-type=aes-256-cbc`,
    `repo${index + 1}-cipher-pass=${archive.passphrase}`,
    `repo${index + 1}-retention-full=${archive.keepFulls}`,
  ]);
  const { stanza, workFolder, dataFolder, socketFolder, port } = archive;
  return [
    "[global]",
    ...repositories,
    `lock-path=${workFolder}/lock`,
    `spool-path=${workFolder}/spool`,
    "archive-async=y", // else a lost repository keeps WAL from the others too
    `log-path=${workFolder}/log`,
    "log-level-console=warn",
    "log-level-file=info",
    "compress-type=zst",
    "compress-level=1",
    "process-max=2",
    "start-fast=y",
    "",
    `[${stanza}]`,
    `pg1-path=${dataFolder}`,
    `pg1-port=${port}`,
    `pg1-socket-path=${socketFolder}`,
    "pg1-user=postgres",
    "",
  ].join("\n");
}

/** The command by which PostgreSQL ships one WAL segment to every repository: for a shell, with PostgreSQL's own `%`. */
export const archiveCommand = (configFile: string, stanza: string) => {
  const file = `'${configFile.replaceAll("'", `'\\''`).replaceAll("%", "%%")}'`;
  return `pgbackrest --config=${file} --stanza=${stanza} archive-push "%p"`;
};
