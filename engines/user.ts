import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Whom a server process runs as. PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

let found: ServerUser | undefined;

/** The user itself, or, when that is root, the `postgres` user that the system's package made. */
export function serverUser(): ServerUser {
  return (found ??= process.getuid!() === 0 ? unprivilegedUser() : currentUser());
}

function unprivilegedUser(): ServerUser {
  const entry = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((line) => line.startsWith("postgres:"));
  if (!entry) throw new Error("no user `postgres` to run servers as; root must not run them. Run scripts/setup");
  const [name, , uid, gid] = entry.split(":");
  return { name: name!, uid: Number(uid), gid: Number(gid) };
}

function currentUser(): ServerUser {
  const name = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
  return { name, uid: process.getuid!(), gid: process.getgid!() };
}
