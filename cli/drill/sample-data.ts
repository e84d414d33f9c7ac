import type { Client } from "pg";

/**
 * Fills a table until it has about `mib` MiB: half of it text that compresses, half random bytes that do not, so that
 * no figure rests on data that a compressor likes. Rows that are there already count.
 */
export async function fillDatabase(client: Client, mib: number): Promise<void> {
  await client.query("create table if not exists dr_sample (id bigserial primary key, note text, noise bytea)");
  // Stored inline and as it is: the size on disk is then the size asked for.
  await client.query("alter table dr_sample alter note set storage plain, alter noise set storage plain");
  const { rows } = await client.query<{ rows: string }>("select count(*) as rows from dr_sample");
  const missing = mib * 512 - Number(rows[0]!.rows); // a row is 2 KiB
  for (let left = missing; left > 0; left -= 65_536) {
    await client.query(
      `insert into dr_sample (note, noise)
       select repeat('order ' || i || ' shipped; ', 50),
              (select string_agg(sha512((random()::text || i || j)::bytea), ''::bytea) from generate_series(1, 15) j)
       from generate_series(1, $1::int) i`,
      [Math.min(left, 65_536)],
    );
  }
}
