import { rmSync } from "node:fs";
import { MongoServerError } from "mongodb";
import { makeFolder } from "../../../engines/files";
import type { Backup, OnProgress } from "../../contract";
import type { Connected } from "./connection";
import { dump, openSnapshot, type Dumped } from "./dump";

/** What a server says when a snapshot is older than what it keeps: 5 minutes, unless it was told otherwise. */
const SNAPSHOT_TOO_OLD = 239;

/** Dumps as of one moment where the server can, and says in the details where it could not. */
export async function take(
  server: Connected,
  databases: readonly string[],
  home: string,
  folder: string,
  onProgress: OnProgress,
): Promise<{ readonly dumped: Dumped; readonly details: Backup["details"] }> {
  const session = await openSnapshot(server, home);
  if (session) {
    try {
      makeFolder(folder);
      const dumped = await dump(server, databases, folder, session, onProgress);
      const details: Record<string, string | boolean> = { snapshot: true };
      if (dumped.live.length > 0) details.readLive = dumped.live.join(", ");
      return { dumped, details };
    } catch (error) {
      if (!(error instanceof MongoServerError) || error.code !== SNAPSHOT_TOO_OLD) throw error;
      rmSync(folder, { recursive: true });
    } finally {
      await session.endSession();
    }
  }
  makeFolder(folder);
  const dumped = await dump(server, databases, folder, undefined, onProgress);
  const why = session ? "the dump took longer than the server keeps a snapshot" : "the server does not promise one";
  return { dumped, details: { snapshot: false, noSnapshot: why } };
}
