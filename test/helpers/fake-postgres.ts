import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";

/** A folder with all tools of a PostgreSQL that says that it is of some version. */
export function fakePostgres(folder: string, says: string): string {
  mkdirSync(folder, { recursive: true });
  for (const tool of ["postgres", "initdb", "pg_ctl", "pg_basebackup"]) {
    writeFileSync(path.join(folder, tool), `#!/bin/sh\necho '${says}'\n`);
    chmodSync(path.join(folder, tool), 0o755);
  }
  return folder;
}

/** Loads a module and all of ours below it anew with `$DR_POSTGRES_BIN` set: which PostgreSQL was found is remembered for good. */
export async function withPostgres<T>(
  bin: string,
  module: string,
  work: (loaded: unknown) => T | Promise<T>,
): Promise<T> {
  const ours = Object.keys(require.cache).filter(
    (file) => /\/(engines|provider)\//.test(file) && !file.includes("node_modules"),
  );
  const kept = ours.map((file) => require.cache[file]);
  const before = process.env.DR_POSTGRES_BIN;
  process.env.DR_POSTGRES_BIN = bin;
  for (const file of ours) delete require.cache[file];
  try {
    return await work(await import(module));
  } finally {
    for (const [index, file] of ours.entries()) require.cache[file] = kept[index];
    if (before === undefined) delete process.env.DR_POSTGRES_BIN;
    else process.env.DR_POSTGRES_BIN = before;
  }
}
