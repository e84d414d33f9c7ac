import * as path from "node:path";
import type { Client } from "pg";
import { replayUntil, restoreFrom } from "../../agent/sources/postgresql/archive";
import { placeReplayed, placeOfSegment } from "../../agent/sources/postgresql/pgbackrest";
import { makeFolder } from "../../engines/files";
import { withServerApart } from "../../engines/postgres/apart";
import * as cluster from "../../engines/postgres/cluster";
import { lastWords } from "../../engines/postgres/last-words";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import type { Offer } from "./offer";
import type { Recovery } from "./recovery-note";

/** What came back, before anybody may use it. */
export type Restored = Pick<Recovery, "lastCommit" | "lsn">;

/** Work on the copy's engine while nobody else can reach it; what it throws ends the restore. */
export type Examine = (socket: Endpoint) => Promise<void>;

const PORT = 5432; // of a socket in a folder of its own
const SETTINGS = [
  ...["restore_command", "archive_mode", "archive_cleanup_command", "recovery_end_command", "recovery_target"],
  ...["recovery_target_time", "recovery_target_name", "recovery_target_xid", "recovery_target_lsn"],
  ...["recovery_target_inclusive", "recovery_target_timeline", "recovery_target_action"],
];

/**
 * Brings a physical backup into an empty folder, replays WAL as far as asked, and has it examined. The copy ends its recovery
 * here, on a timeline of its own: what was archived behind the point that was asked for cannot be replayed at its next start.
 */
export async function restorePhysical(
  { backup, point, stanzaIn, newestWal }: Offer,
  draft: string,
  keysFolder: string,
  examine: Examine,
  onPercent: (percent: number) => void,
): Promise<Restored> {
  const data = cluster.dataFolder(draft);
  makeFolder(data, 0o700);
  const until = point.kind === "time" ? { time: point.time } : point.kind === "backup" ? "end of backup" : "end of WAL";
  // One backup is whole by itself, whatever history was archived since.
  const options = [
    ...replayUntil(until),
    ...(point.kind === "backup" ? ["--recovery-option=recovery_target_timeline=current"] : []),
  ];
  await restoreFrom(stanzaIn(data, path.join(draft, "work")), backup, "its bucket", options, onPercent);

  const logFile = path.join(draft, "server.log");
  const restored = await withServerApart(
    { data, logFile, endpoint: { address: "", port: PORT, keysFolder } },
    (socket) =>
      connected({ ...socket, timeoutMs: 30_000 }, async (client) => {
        const reached = await whereItEnds(client);
        if (point.kind === "latest" && newestWal && placeReplayed(reached.lsn) < placeOfSegment(newestWal.name))
          throw new Error(`replay ended at ${reached.lsn}, before ${newestWal.name}, the newest WAL of the archive`);
        await examine(socket);
        for (const setting of SETTINGS) await client.query(`alter system reset ${setting}`);
        return { lsn: reached.lsn, lastCommit: reached.last?.toISOString() ?? backup.startedAt };
      }),
  ).catch((error: unknown) => {
    const said = lastWords(logFile);
    throw said
      ? new Error(`PostgreSQL could not bring ${backup.id} up: ${inPlainWords(said)}`, { cause: error })
      : error;
  });
  const { systemIdentifier } = await cluster.readEnding(draft);
  if (systemIdentifier !== backup.details["systemIdentifier"])
    throw new Error(
      `${backup.id} is of the cluster ${String(backup.details["systemIdentifier"])}; what came back is of ${systemIdentifier}`,
    );
  cluster.startInRecovery(data);
  return restored;
}

/** Both stay as they were at the end of recovery. */
async function whereItEnds(client: Client): Promise<{ lsn: string; last: Date | null }> {
  const { rows } = await client.query<{ lsn: string; last: Date | null }>(
    "select pg_last_wal_replay_lsn()::text as lsn, pg_last_xact_replay_timestamp() as last",
  );
  return rows[0]!;
}

/** In the words of whoever asked for a moment. */
function inPlainWords(said: string): string {
  return said === "recovery ended before configured recovery target was reached"
    ? "nothing was committed between the moment that was asked for and the end of the archive; latest takes all that there is"
    : said;
}
