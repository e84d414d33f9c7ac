import { judge, TABLE, type Row } from "./books";
import { PROBE_TABLE } from "./probe";
import { otherThan, SITES, type Site } from "./plan";
import { holdsWithin, recordOf, type Record_, type Stage } from "./stage";
import type { System } from "./system";

// What is on the servers, by PostgreSQL's own client on each server's own machine, compared with what was told.

const FURNISHED_WITHIN_MS = 20_000;

/** The tables that the client and the probe write to. */
export async function furnish(system: System): Promise<void> {
  const { site } = await recordOf(system);
  const made = () =>
    system.ask(site, { sql: `${TABLE}; ${PROBE_TABLE}`, user: "app" }).then(
      () => true,
      () => false,
    );
  if (!(await holdsWithin(FURNISHED_WITHIN_MS, made))) throw new Error(`${site} takes no tables`);
}

/** Sites whose servers are out of recovery and not told to be read-only. */
export async function openServers(system: System): Promise<readonly Site[]> {
  const sql = "select not pg_is_in_recovery() and current_setting('default_transaction_read_only') = 'off' as open";
  const open = await Promise.all(
    SITES.map((site) =>
      system.ask<{ open: boolean }>(site, { sql, user: "app" }).then(
        (rows) => rows[0]!.open,
        () => false,
      ),
    ),
  );
  return SITES.filter((_, at) => open[at]);
}

const rowsOf = async (system: System, site: Site, run: string): Promise<Row[]> => {
  const sql = "select seq, sent_ms, checksum from dr_heartbeat where run = $1";
  const rows = await system.ask<{ seq: string; sent_ms: string; checksum: string }>(site, {
    ...{ sql, values: [run], withinMs: 20_000 },
  });
  return rows.map(({ seq, sent_ms, checksum }) => ({ seq: Number(seq), sentMs: Number(sent_ms), checksum }));
};

/** Compares what was acknowledged until now with what the one writer has; without one there is nothing to say yet. */
export async function judgeWrites(
  { system, client, allowances, journal }: Stage,
  run: string,
  known: Set<number>,
  after: string,
): Promise<number> {
  const acknowledged = [...client.acknowledged];
  const open = await openServers(system);
  if (open.length !== 1) return 0;
  const verdict = judge(run, acknowledged, await rowsOf(system, open[0]!, run), allowances);
  const fresh = (all: readonly number[]) => all.filter((seq) => !known.has(seq));
  const [lost, unannounced] = [fresh(verdict.lost), fresh(verdict.unannounced)];
  if (unannounced.length > 0)
    journal.violate(
      "lost",
      `${unannounced.length} acknowledged and not at ${open[0]} after ${after}, with nothing said of it: ${inWords(unannounced, acknowledged)}`,
    );
  if (fresh(verdict.damaged).length > 0)
    journal.violate("damaged", `${fresh(verdict.damaged).length} rows at ${open[0]} are not what was sent`);
  for (const seq of [...lost, ...verdict.damaged]) known.add(seq);
  return lost.length;
}

const inWords = (numbers: readonly number[], all: Stage["client"]["acknowledged"]) =>
  all
    .filter(({ seq }) => numbers.includes(seq))
    .slice(0, 5)
    .map(({ seq, ackMs, address }) => `${seq} at ${new Date(ackMs).toISOString()} by ${address}`)
    .join(", ");

/** Where the data's history stands. */
export interface History {
  readonly timeline: number;
  readonly record: Record_;
}

const COPIED_WITHIN_MS = 20_000;

/** Once all is said to be well: one writer, the one on record, in its epoch; a copy that follows; the same rows in both. */
export async function judgeWell({ system, journal }: Stage, run: string, before: History): Promise<History> {
  const record = await recordOf(system);
  const open = await openServers(system);
  if (open.length !== 1 || open[0] !== record.site)
    journal.violate("untrue ok", `status is green, the record names ${record.site}, writers: ${open.join(", ")}`);
  const copy = otherThan(record.site);
  const [{ marker }] = (await system.ask<{ marker: string }>(record.site, {
    sql: "insert into dr_probe (site) values ('marker ' || gen_random_uuid()) returning site as marker",
  })) as [{ marker: string }];
  const isThere = () =>
    system.ask(copy, { sql: "select from dr_probe where site = $1", values: [marker] }).then(
      (rows) => rows.length === 1,
      () => false,
    );
  if (!(await holdsWithin(COPIED_WITHIN_MS, isThere)))
    journal.violate("untrue ok", `status is green, and a write at ${record.site} does not come to ${copy}`);

  const [here, there] = await Promise.all([
    rowsOf(system, record.site, run),
    rowsOf(system, copy, run).catch(() => []),
  ]);
  const sorted = (rows: readonly Row[]) => JSON.stringify([...rows].sort((a, b) => a.seq - b.seq));
  if (sorted(here) !== sorted(there))
    journal.violate(
      "damaged",
      `${record.site} has ${here.length} rows of the client, ${copy} ${there.length}, or others`,
    );
  await judgeArchive(system, journal, record.site);
  return judgeHistory(system, journal, record, before);
}

const ARCHIVED_WITHIN_MS = 90_000; // the archiver sleeps for a minute after it failed three times

/** The live server gets rid of its WAL: a bucket that takes none, at either site, would fill its disk. */
async function judgeArchive(system: System, journal: Stage["journal"], site: Site): Promise<void> {
  let waiting: readonly string[] = [];
  const isGone = async () => {
    const sql = "select name from pg_ls_archive_statusdir() where name like '%.ready' order by name";
    waiting = (await system.ask<{ name: string }>(site, { sql })).map(({ name }) => name);
    return waiting.length === 0;
  };
  if (!(await holdsWithin(ARCHIVED_WITHIN_MS, isGone)))
    journal.violate(
      "not archived",
      `status is green, and ${waiting.length} files of WAL wait at ${site}: ${waiting[0]}`,
    );
}

async function judgeHistory(
  system: System,
  journal: Stage["journal"],
  record: Record_,
  before: History,
): Promise<History> {
  const epochs = await system.ask<Record_>(record.site, {
    sql: "select epoch, site from dr.epoch order by epoch",
    database: "postgres",
  });
  const newest = epochs.at(-1);
  if (newest?.site !== record.site || newest.epoch !== record.epoch)
    journal.violate("history", `the record says ${JSON.stringify(record)}, the data ${JSON.stringify(newest)}`);
  if (
    record.epoch < before.record.epoch ||
    (record.epoch === before.record.epoch && record.site !== before.record.site)
  )
    journal.violate("history", `the record went from ${JSON.stringify(before.record)} to ${JSON.stringify(record)}`);
  const kept = epochs.find(({ epoch }) => epoch === before.record.epoch);
  if (kept?.site !== before.record.site)
    journal.violate("history", `epoch ${before.record.epoch} was ${before.record.site}'s, and is ${kept?.site}'s now`);

  const timeline = await timelineOf(system, record.site);
  const file = `pg_wal/${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
  const ancestors =
    timeline === 1
      ? []
      : (
          await system.ask<{ text: string }>(record.site, { sql: "select pg_read_file($1) as text", values: [file] })
        )[0]!.text
          .split("\n")
          .map((line) => Number(/^\d+/.exec(line)?.[0]));
  if (timeline !== before.timeline && !ancestors.includes(before.timeline))
    journal.violate("history", `timeline ${timeline} does not come from ${before.timeline}, which was the live one`);
  return { timeline, record };
}

/** Where it stands now, to be compared later. */
export async function historyNow(system: System): Promise<History> {
  const record = await recordOf(system);
  return { record, timeline: await timelineOf(system, record.site) };
}

async function timelineOf(system: System, site: Site): Promise<number> {
  const sql = "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int as timeline";
  return (await system.ask<{ timeline: number }>(site, { sql }))[0]!.timeline;
}
