import { existsSync, readFileSync, rmSync } from "node:fs";
import * as path from "node:path";
import { writeWhole } from "../../engines/files";
import * as cluster from "../../engines/postgres/cluster";
import type { Asked } from "./may-restore";

/** What is known of a database that was restored: kept beside it, as long as its site stays active. */
export interface Recovery {
  /** The data folder carries it too: by this the note is known to be of it. */
  readonly id: string;
  readonly asked: Asked;
  readonly backup: string;
  readonly at: string;
  /** Of the copy as it was restored; a later one was promoted since. */
  readonly timeline: number;
  /** The newest commit that is in it, in ISO 8601: the backup's own start if nothing was replayed. */
  readonly lastCommit: string;
  /** Where the history of the lost site ends in it; absent for a dump. */
  readonly lsn?: string;
}

const noteOf = (folder: string) => path.join(folder, "recovery.json");

/** The recovery that a data folder of a server is of; undefined if it is of none. */
export function recoveryOf(folder: string, data = cluster.dataFolder(folder)): Recovery | undefined {
  if (!existsSync(noteOf(folder)) || !existsSync(cluster.recoveryMark(data))) return undefined;
  const note = JSON.parse(readFileSync(noteOf(folder), "utf8")) as Recovery;
  return readFileSync(cluster.recoveryMark(data), "utf8").trim() === note.id ? note : undefined;
}

/** Notes beside the server, and in the copy itself, that the copy is whole. */
export function noteRecovery(folder: string, data: string, recovery: Recovery): void {
  writeWhole(cluster.recoveryMark(data), `${recovery.id}\n`);
  writeWhole(noteOf(folder), `${JSON.stringify(recovery, null, 2)}\n`);
}

/** Forgets what a server was recovered from: the next loss is another one. */
export const forgetRecovery = (folder: string): void => rmSync(noteOf(folder), { force: true });
