import { connected, type Endpoint } from "./sql";

/**
 * Whether a session of the application's user may only read: of a server that is no standby, that is what a fence does to it
 * (provider/resources/fence.ts proves it by a write; this only asks).
 */
export async function isFenced(endpoint: Endpoint, database: string): Promise<boolean> {
  const { rows } = await connected({ ...endpoint, user: "app", database }, (client) =>
    client.query<{ readOnly: boolean }>(`select current_setting('transaction_read_only')::boolean as "readOnly"`),
  );
  return rows[0]!.readOnly;
}
