import type { Client } from "pg";
import { identifier } from "./settings";
import { connected, type Endpoint } from "./sql";

/**
 * Makes commits on a primary wait until the named standby has them on disk. Only once it streams: a primary that waits for
 * a standby that is not there takes no commit at all. Answers whether it does now.
 */
export async function waitForStandby(primary: Endpoint, standby: string, withinMs = 0): Promise<boolean> {
  return connected(primary, async (client) => {
    for (const end = Date.now() + withinMs; ; await new Promise((r) => setTimeout(r, 50))) {
      const { rowCount } = await client.query(
        "select from pg_stat_replication where application_name = $1 and state = 'streaming'",
        [standby],
      );
      if (rowCount! > 0) break;
      if (Date.now() >= end) return false;
    }
    await client.query(`alter system set synchronous_standby_names = ${client.escapeLiteral(identifier(standby))}`);
    await client.query("select pg_reload_conf()");
    return true;
  });
}

/** Makes commits wait for nobody: the other copy is lost, or was never asked for. */
export async function waitForNobody(client: Client): Promise<void> {
  await client.query("alter system reset synchronous_standby_names");
  await client.query("select pg_reload_conf()");
}
