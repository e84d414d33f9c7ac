import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { stateOf, type Backup, type State } from "../../agent/contract";
import { createRedactor } from "../../agent/redaction";
import { RepositoryError } from "../../agent/repository/refusal";
import type { ResticRepository } from "../../agent/repository/restic";
import { archiveOf, repositoryOf } from "../../agent/repository/stores";
import { secretReader } from "../../agent/secrets";
import { labels } from "../../agent/sources/postgresql/archive";
import {
  archivedSegments,
  missingSegments,
  type Segment,
  type Stanza,
} from "../../agent/sources/postgresql/pgbackrest";
import { own } from "../../engines/files";
import { chooseBackup } from "./choose-backup";
import { isOf, parseRecoveryPoint, type RecoveryPoint } from "./recovery-point";

/** Where the backups of a database lie. */
export interface BackupPlace {
  /** The bucket's address, as the agent is told of it. */
  readonly bucket: string;
  /** What the database's backups go by in it, and pgBackRest's name of its cluster. */
  readonly source: string;
  readonly stanza: string;
  readonly keysFolder: string;
  readonly secretsFolder: string;
}

/** What a recovery would take: one backup, and how far the WAL goes that was archived after it. */
export interface Offer {
  readonly point: RecoveryPoint;
  readonly backup: Backup;
  readonly state: State;
  /** The newest segment of the archive; a physical backup only. */
  readonly newestWal?: Segment;
  /** What of the repository could not be read, as restic says it. */
  readonly damage: readonly string[];
  readonly repository: ResticRepository;
  readonly stanzaIn: StanzaIn;
}

/** The stanza for a data folder, with its configuration and locks in a work folder. */
export type StanzaIn = (dataFolder: string, workFolder: string) => Stanza;

/** Chooses what a recovery takes, from what the bucket alone says. Throws, with the way out, if it would not be whole. */
export async function findOffer(place: BackupPlace, recoverFrom: string): Promise<Offer> {
  const point = parseRecoveryPoint(recoverFrom);
  return withFolder(async (folder) => {
    const { bucket, keysFolder, source, stanza } = place;
    if (bucket.startsWith("/") && !existsSync(bucket))
      throw new Error(`there is nothing to recover from: the bucket ${bucket} is not there`);
    const secret = secretReader(place, createRedactor());
    const repository = repositoryOf({ folder, keysFolder }, { name: "copy", bucket }, secret);
    const known = await repository.list().catch((error: unknown) => {
      if (!(error instanceof RepositoryError) || error.fault !== "missing") throw error;
      throw new Error(`there is nothing to recover from: ${bucket} holds no backups`, { cause: error });
    });
    const ofDatabase = known.filter((one) => isOf(one.backup.source, source));
    const backup = chooseBackup(ofDatabase, point);
    const state = stateOf(ofDatabase.find((one) => one.backup.id === backup.id)!);
    const stanzaIn: StanzaIn = (dataFolder, workFolder) => ({
      ...{ name: stanza, repository: archiveOf({ name: "copy", bucket }, secret), keysFolder, dataFolder, workFolder },
      ...{ socketFolder: workFolder, port: 5432, configFile: path.join(workFolder, "restore.conf") },
    });
    const wal = backup.kind === "physical" ? await readArchive(stanzaIn(folder, folder), backup, point) : {};
    return { point, backup, state, ...wal, damage: repository.damage, repository, stanzaIn };
  });
}

const CLOCKS_APART_MS = 60_000;

async function readArchive(stanza: Stanza, backup: Backup, point: RecoveryPoint): Promise<{ newestWal?: Segment }> {
  const { id, locator } = backup;
  const stored = (await labels(stanza)).find(({ label }) => label === locator);
  if (!stored) throw new Error(`${id} is not to be restored: the archive holds no ${locator}, which it says it is`);
  // What a backup says of itself must be what lies there: another one under its label would come back as it.
  const { walStart, lsnStop } = backup.details;
  if (stored.error || stored.archive.start !== walStart || stored.lsn.stop !== lsnStop)
    throw new Error(
      `${id} is not to be restored: ${locator} in the archive is ${stored.error ? "damaged" : `of ${stored.archive.start} to ${stored.lsn.stop}, and it says ${String(walStart)} to ${String(lsnStop)}`}`,
    );
  if (point.kind === "backup") return {};
  const segments = await archivedSegments(stanza);
  const newestWal = segments.at(-1);
  const [gap] = missingSegments(
    segments.map(({ name }) => name),
    String(walStart),
  );
  if (gap && point.kind === "latest") {
    const last = segments.filter(({ name }) => name < gap).at(-1);
    throw new Error(
      `the archive lacks ${gap}, and nothing behind it can be replayed. Take what is before it: ` +
        `${last && last.at > backup.endedAt ? `a moment before ${last.at}, or ` : ""}${id} as it is`,
    );
  }
  // Clearly after it, whatever the store's clock says; PostgreSQL sees the rest when it gets there.
  if (point.kind === "time" && newestWal && Date.parse(point.time) > Date.parse(newestWal.at) + CLOCKS_APART_MS)
    throw new Error(`the archive ends at ${newestWal.at}, before ${point.time}; latest takes all that there is`);
  return newestWal ? { newestWal } : {};
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "dr-"));
  own(folder);
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An offer in words, as of `now`. */
export function describeOffer({ point, backup, state, newestWal }: Offer, now: Date): string {
  const age = (at: string) => `${ageInWords(now.getTime() - Date.parse(at))} ago`;
  const taken = `${backup.id} (${state}, complete at ${backup.endedAt}, ${age(backup.endedAt)})`;
  if (backup.kind === "logical") return `${taken}, a dump: nothing that came after it`;
  if (point.kind === "backup") return `${taken}, as it is`;
  const wal = newestWal ? `; the newest WAL was archived at ${newestWal.at}, ${age(newestWal.at)}` : "";
  return point.kind === "time" ? `${taken} and WAL up to ${point.time}${wal}` : `${taken} and all WAL${wal}`;
}

const UNITS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
] as const;

function ageInWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [unit, name] = UNITS.find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return `${Math.round(seconds / unit)} ${name}`;
}
