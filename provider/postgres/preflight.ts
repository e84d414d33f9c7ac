import { accessSync, constants, statfsSync, statSync } from "node:fs";
import * as path from "node:path";
import type { CheckFailure } from "@pulumi/pulumi/provider";
import { binaries } from "../../engines/postgres/binaries";
import { nearestFolder } from "../../engines/files";
import { serverUser, type ServerUser } from "../../engines/user";

const MINIMUM_FREE_MIB = 512;
/** What a Unix socket's address may hold on Linux, with `/.s.PGSQL.<port>` behind the folder. */
const LONGEST_SOCKET_PATH = 107;

/** What a shell reads between double quotes, where `pg_ctl` puts the paths that it is given. */
const READ_BY_A_SHELL = /["$`\\\n]/;

/** Why no server can run in this folder; nothing if one can. */
export function folderFailures(folder: string, socketFolder: string): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  const refuse = (property: string, reason: string) => failures.push({ property, reason });
  try {
    binaries();
  } catch (error) {
    refuse("folder", (error as Error).message);
  }
  if (READ_BY_A_SHELL.test(folder))
    refuse(
      "folder",
      `must not hold ", $, \`, \\ or a line break, which a shell would read in it; got ${JSON.stringify(folder)}. Set dr:root to another folder`,
    );
  const place = nearestFolder(folder);
  if (!isWritable(place)) refuse("folder", `must be writable; got ${place}, which is not`);
  else if (!statSync(place).isDirectory()) refuse("folder", `must be writable; got ${place}, which is not a folder`);
  else {
    const closed = closedTo(place, serverUser());
    if (closed)
      refuse("folder", `must be open to the user ${serverUser().name}, as which PostgreSQL runs; ${closed} is not`);
  }
  const socket = path.join(socketFolder, ".s.PGSQL.65535");
  if (socket.length > LONGEST_SOCKET_PATH) {
    refuse(
      "socketFolder",
      `must be ${LONGEST_SOCKET_PATH - ".s.PGSQL.65535".length - 1} characters or fewer, the most that a socket's address holds; got ${socketFolder.length}. Set dr:root to a shorter folder`,
    );
  }
  return failures;
}

/** Why a new server has no room here. */
export function roomFailures(folder: string): readonly CheckFailure[] {
  const place = nearestFolder(folder);
  const { bavail, bsize } = statfsSync(place);
  const freeMiB = Math.floor((bavail * bsize) / 2 ** 20);
  if (freeMiB >= MINIMUM_FREE_MIB) return [];
  return [
    { property: "folder", reason: `needs ${MINIMUM_FREE_MIB} MiB free to start with; got ${freeMiB} MiB in ${place}` },
  ];
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first folder on the way to `place` that a user may not pass; undefined if there is none. */
function closedTo(place: string, { uid, gid }: ServerUser): string | undefined {
  const folders = [place];
  while (path.dirname(folders[0]!) !== folders[0]) folders.unshift(path.dirname(folders[0]!));
  return folders.find((folder) => {
    const stat = statSync(folder);
    const pass = stat.uid === uid ? constants.S_IXUSR : stat.gid === gid ? constants.S_IXGRP : constants.S_IXOTH;
    return uid !== 0 && (stat.mode & pass) === 0;
  });
}
