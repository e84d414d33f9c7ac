import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { AgentConfig } from "./config";
import type { Redactor } from "./redaction";

/** The value of a secret by its name, without white space around it; undefined if nobody set it. */
export type ReadSecret = (name: string) => string | undefined;

/**
 * The one way to a secret: the environment first, then the file of that name in the secrets' folder. It is read anew each
 * time, so that one that was rotated is used at once, and the redactor learns it before anybody else does.
 * Throws, without what is in it, if the file is there and cannot be read.
 */
export function secretReader({ secretsFolder }: Pick<AgentConfig, "secretsFolder">, redactor: Redactor): ReadSecret {
  return (name) => {
    const value = (process.env[name] ?? readIfThere(path.join(secretsFolder, name)) ?? "").trim();
    if (value === "") return undefined;
    redactor.hide(value);
    return value;
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new Error(`the secret's file ${file} cannot be read: ${code}`, { cause: error });
  }
}
