import * as cluster from "../../engines/postgres/cluster";
import { isOvertaken, newestEpoch } from "../../engines/postgres/epoch";
import { connected, serverState } from "../../engines/postgres/sql";
import { readAuthority } from "../authority";
import { endpointOf, type PostgresServerInputs } from "./server";

/**
 * Whether this server was the writer until the other site took over, and that one is said to be lost now: then this older copy
 * is the one that is left. It goes into recovery, and is promoted from there as any standby is. Of a standby nobody asks the
 * authority record: its promotion needs no name server.
 */
export async function isLeftBehind(inputs: PostgresServerInputs): Promise<boolean> {
  const { folder, site, activation, lostPeer, authority } = inputs;
  if (activation !== "active" || !lostPeer || cluster.runningPid(folder) === undefined) return false;
  return connected({ ...endpointOf(inputs), withinMs: 10_000 }, async (client) => {
    if ((await serverState(client)).role !== "primary") return false;
    const live = await readAuthority(authority);
    return live?.site === lostPeer.site && isOvertaken(site, live, await newestEpoch(client));
  });
}
