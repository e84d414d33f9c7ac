import type { Client } from "pg";

/**
 * The epoch lives in the database that it guards: WAL carries it to every copy, so that a standby knows it when all
 * else is lost, and a commit proves that its holder takes writes.
 */
const TABLE = `
  create schema if not exists dr;
  create table if not exists dr.epoch (
    epoch int primary key, site text not null, since timestamptz not null default now(), proven timestamptz, reason text)`;

export interface Epoch {
  readonly epoch: number;
  readonly site: string;
}

/** Whether a site's writer is one of the past: another site is live, in an epoch that this one has never heard of. */
export const isOvertaken = (site: string, onRecord: Epoch | undefined, own: Epoch | undefined): boolean =>
  onRecord !== undefined && own !== undefined && onRecord.site !== site && onRecord.epoch > own.epoch;

/** The newest epoch that this copy of the database knows; undefined before the first. */
export async function newestEpoch(client: Client): Promise<Epoch | undefined> {
  const { rows } = await client.query<{ made: boolean }>("select to_regclass('dr.epoch') is not null as made");
  if (!rows[0]!.made) return undefined;
  const newest = await client.query<Epoch>("select epoch, site from dr.epoch order by epoch desc limit 1");
  return newest.rows[0];
}

/** Opens the first epoch of a new database. */
export async function firstEpoch(client: Client, site: string): Promise<Epoch> {
  await client.query(TABLE);
  await client.query(
    "insert into dr.epoch (epoch, site, reason) values (1, $1, 'first start') on conflict do nothing",
    [site],
  );
  return (await newestEpoch(client))!;
}

/** Makes sure that a copy which never heard of the newest epoch knows it: the next one must be greater. */
export async function catchUpEpoch(client: Client, { epoch, site }: Epoch): Promise<void> {
  await client.query(TABLE);
  await client.query(
    "insert into dr.epoch (epoch, site, reason) select $1, $2, 'known when this older copy was opened' where not exists (select from dr.epoch where epoch >= $1)",
    [epoch, site],
  );
}

/**
 * Opens the next epoch for `site`, after the newest on record too. Committed when this returns: the first write of the new
 * writer.
 */
export async function nextEpoch(client: Client, site: string, reason: string, onRecord?: Epoch): Promise<Epoch> {
  await client.query("begin"); // the site's own agent must never see a writer that knows the record's epoch only
  try {
    await client.query(TABLE);
    if (onRecord) await catchUpEpoch(client, onRecord);
    const { rows } = await client.query<Epoch>(
      "insert into dr.epoch (epoch, site, reason) select coalesce(max(epoch), 0) + 1, $1, $2 from dr.epoch returning epoch, site",
      [site, reason],
    );
    await client.query("commit");
    return rows[0]!;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

/** Proves that the server takes writes, by one. Throws PostgreSQL's own error if it does not. */
export async function proveWritable(client: Client): Promise<Epoch> {
  const { rows } = await client.query<Epoch>(
    "update dr.epoch set proven = now() where epoch = (select max(epoch) from dr.epoch) returning epoch, site",
  );
  if (!rows[0]) throw new Error("the database has no epoch: it was never brought up by a site");
  return rows[0];
}
