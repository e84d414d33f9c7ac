import { LogicalPostgresql } from "../../agent/sources/postgresql-logical";
import * as cluster from "../../engines/postgres/cluster";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import { stagedForSocket } from "../../engines/staging";
import type { Offer } from "./offer";
import type { Examine, Restored } from "./restore-physical";

const PORT = 5432; // of a socket in a folder of its own

/** Makes a new cluster, fills its database from a dump, and has it examined. */
export async function restoreLogical(
  { backup, repository }: Offer,
  draft: string,
  keysFolder: string,
  database: string,
  examine: Examine,
): Promise<Restored> {
  await stagedForSocket(async (socketFolder) => {
    await cluster.initialise(draft, keysFolder);
    cluster.configure(draft, {
      ...{ clusterName: "restoring", address: "", port: PORT, socketFolder, archiveTimeoutSeconds: 0, slotCapMiB: 64 },
    });
    await cluster.start(draft);
    try {
      const socket: Endpoint = { address: socketFolder, port: PORT, keysFolder };
      await cluster.furnish(socket, database);
      const { source: name, plan, site } = backup;
      const source = new LogicalPostgresql({ name, plan, site, database, endpoint: socket, workFolder: draft });
      const target = `postgresql://postgres@${encodeURIComponent(socketFolder)}:${PORT}/${database}`;
      await source.restore(backup, repository, { target, drop: false }, () => {});
      await connected({ ...socket, database }, (client) => client.query("analyze"));
      await examine(socket);
    } finally {
      await cluster.stop(draft);
    }
  });
  cluster.startInRecovery(cluster.dataFolder(draft));
  return { lastCommit: backup.startedAt };
}
