import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { makeFolder, own } from "./files";

/**
 * The secret kept in `folder` under `name`, made on first use: 32 random bytes in hex, in a file of mode 0600.
 * The folder belongs to neither site: the DR site needs the keys when the primary is gone.
 */
export function key(folder: string, name: string): string {
  const file = keyFile(folder, name);
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  makeFolder(folder, 0o700);
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  own(draft);
  try {
    linkSync(draft, file); // fails if another process was first: then its key is the key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, "utf8").trim();
}

export const keyFile = (folder: string, name: string) => path.join(folder, `${name}.key`);

/** A key being replaced: `<name>.next` opens everything beside it, then takes its place; `<name>.old` awaits its end. */
export type KeyState = "in use" | "next is made" | "old is left";

export const nextOf = (name: string) => `${name}.next`;
export const oldOf = (name: string) => `${name}.old`;

export function keyState(folder: string, name: string): KeyState {
  if (existsSync(keyFile(folder, nextOf(name)))) return "next is made";
  return existsSync(keyFile(folder, oldOf(name))) ? "old is left" : "in use";
}

/** Puts the next key in the place of the one in use. Killed in the middle and done again, it comes to the same. */
export function putNextInUse(folder: string, name: string): void {
  if (keyState(folder, name) !== "next is made") return;
  const old = keyFile(folder, oldOf(name));
  if (!existsSync(old)) linkSync(keyFile(folder, name), old);
  renameSync(keyFile(folder, nextOf(name)), keyFile(folder, name));
}

export const dropOld = (folder: string, name: string) => rmSync(keyFile(folder, oldOf(name)), { force: true });

/** Since when a key is in use, by its file's date: it was made when its rotation began. Undefined if it is not there. */
export function keySince(folder: string, name: string): Date | undefined {
  return statSync(keyFile(folder, name), { throwIfNoEntry: false })?.mtime;
}
