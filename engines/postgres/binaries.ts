import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";

/** PostgreSQL 13 brought the cap on what a slot retains and the reload of `primary_conninfo`. */
export const OLDEST_VERSION = 13;

export interface Binaries {
  readonly folder: string;
  /** Major version, such as 15. */
  readonly version: number;
}

let found: Binaries | undefined;

/** The newest PostgreSQL of this machine with server and client tools; `$DR_POSTGRES_BIN` names a folder of your own. */
export function binaries(): Binaries {
  return (found ??= find());
}

function find(): Binaries {
  const own = process.env.DR_POSTGRES_BIN;
  const folders = own ? [own] : ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"].flatMap(candidates);
  const usable = folders.filter((folder) =>
    ["postgres", "initdb", "pg_ctl", "pg_basebackup"].every((tool) => existsSync(path.join(folder, tool))),
  );
  const newest = usable
    .map((folder) => ({ folder, version: versionOf(folder) }))
    .sort((a, b) => b.version - a.version)[0];
  if (!newest)
    throw new Error(
      `PostgreSQL's server is not installed (looked in ${folders.join(", ") || "/usr/lib/postgresql"}); run scripts/setup`,
    );
  if (newest.version < OLDEST_VERSION) {
    throw new Error(`PostgreSQL must be ${OLDEST_VERSION} or newer; got ${newest.version} in ${newest.folder}`);
  }
  return newest;
}

function candidates(parent: string): string[] {
  if (!existsSync(parent)) return [];
  const folders = readdirSync(parent).filter((name) => /^(postgresql@)?\d+$/.test(name));
  return folders.map((name) => path.join(parent, name, "bin"));
}

const versionOf = (folder: string) =>
  Number(
    /(\d+)(\.|devel|beta|rc|$)/.exec(
      execFileSync(path.join(folder, "postgres"), ["--version"], { encoding: "utf8" }),
    )?.[1] ?? 0,
  );
