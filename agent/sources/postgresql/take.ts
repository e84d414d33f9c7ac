import { connected, serverState } from "../../../engines/postgres/sql";
import type { Backup, BackupRequest, OnProgress } from "../../contract";
import { backupId, headOf } from "../naming";
import type { PhysicalOptions, PhysicalPostgresql } from "../postgresql-physical";
import { findBackup } from "./archive";
import { blockOptions, capabilities } from "./capabilities";
import { keepCensus, takeCensus } from "./census";
import { pgbackrest } from "./pgbackrest";
import { writeSentinel } from "./sentinel";
import { prepare, stanzaIn } from "./stanza";

/** Has pgBackRest take one backup, and says what it holds: what was there before it began and is there after it ended. */
export async function take(
  source: PhysicalPostgresql,
  options: PhysicalOptions,
  request: BackupRequest,
  repository: string,
  onProgress: OnProgress,
): Promise<Backup> {
  const { name, database, endpoint, counts = [], archiveTimeoutSeconds = 60 } = options;
  const stanza = stanzaIn(options, repository);
  const app = { ...endpoint, database };
  const begun = await connected(app, async (client) => {
    // After a promotion pg_control names the old timeline until a checkpoint, and pgBackRest refuses to begin.
    await client.query("checkpoint");
    const sentinel = await writeSentinel(client, name);
    const { rows } = await client.query<{ now: Date; version: string }>(
      "select now(), current_setting('server_version') as version",
    );
    return { sentinel, census: await takeCensus(client, counts), state: await serverState(client), ...rows[0]! };
  });
  const asked = backupId(name, begun.now, request.type);
  await prepare(options, repository);
  // What is old goes by the plan's retention, never by itself; the annotation tells this backup from all others.
  const words = [
    `--type=${request.type}`,
    `--annotation=dr=${asked}`,
    "--no-expire-auto",
    ...blockOptions(await capabilities()),
    `--archive-timeout=${archiveTimeoutSeconds}`,
    "--log-level-console=detail",
  ];
  const told = (percent: number) => onProgress({ bytes: percent, totalBytes: 100, phase: "copy" });
  await pgbackrest(stanza, [...words, "backup"], told);
  const { taken, prior, system } = await findBackup(stanza, asked);
  const after = await connected(app, async (client) => ({
    census: await takeCensus(client, counts),
    now: (await client.query<{ now: Date }>("select now()")).rows[0]!.now,
  }));
  const kept = keepCensus(begun.census, after.census);
  const reference = prior?.annotation?.["dr"];
  return {
    ...headOf(source, options, { ...request, type: taken.type }, begun.now),
    endedAt: after.now.toISOString(),
    bytes: { source: taken.info.size, stored: taken.info.repository.delta },
    ...{ counts: kept.counts, sentinel: begun.sentinel, locator: taken.label },
    // A backup is named as asked; one that became a full for want of another has that in its own name.
    ...(reference === undefined ? {} : { reference: reference.replace(/[a-z]+$/, prior!.type) }),
    serverVersion: begun.version,
    tools: { pgbackrest: taken.backrest.version },
    details: {
      ...kept.details,
      ...{
        stanza: stanza.name,
        database,
        cipher: "aes-256-cbc",
        systemIdentifier: system,
        timeline: begun.state.timeline,
      },
      ...{
        lsnStart: taken.lsn.start,
        lsnStop: taken.lsn.stop,
        walStart: taken.archive.start,
        walStop: taken.archive.stop,
      },
      restore: `pgbackrest --repo1-path=<bucket>/pgbackrest --repo1-cipher-type=aes-256-cbc --stanza=${stanza.name} --pg1-path=<empty folder> --set=${taken.label} restore`,
    },
  };
}
