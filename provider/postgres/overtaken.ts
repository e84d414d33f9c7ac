import * as cluster from "../../engines/postgres/cluster";
import { newestEpoch } from "../../engines/postgres/epoch";
import { connected, serverState } from "../../engines/postgres/sql";
import { readAuthority } from "../authority";
import { endpointOf, type PostgresServerInputs } from "./server";

/**
 * Whether this server was the writer until the other site took over, and that one is said to be lost now: then this older copy
 * is the one that is left. It goes into recovery, and is promoted from there as any standby is.
 */
export async function isOvertaken(inputs: PostgresServerInputs): Promise<boolean> {
  const { folder, activation, lostPeer, authority } = inputs;
  if (activation !== "active" || !lostPeer || cluster.runningPid(folder) === undefined) return false;
  const live = await readAuthority(authority);
  if (live?.site !== lostPeer.site) return false;
  return connected({ ...endpointOf(inputs), withinMs: 5_000 }, async (client) => {
    const newest = await newestEpoch(client);
    return (await serverState(client)).role === "primary" && newest !== undefined && newest.epoch < live.epoch;
  });
}
