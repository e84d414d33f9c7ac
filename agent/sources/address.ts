import * as path from "node:path";
import type { ReadSecret } from "../secrets";
import type { RedisServer } from "./redis/client";

/** Where the secrets of a site are found. */
export interface Secrets {
  readonly read: ReadSecret;
  /** The folder that holds a file for each, for what a person is told. */
  readonly folder: string;
}

/**
 * Reads a server's address, which may hold a password: at each use, so that one that was rotated needs no restart.
 * Throws, without what is in it, if the secret is not set.
 */
export const addressReader =
  (source: string, name: string, { read, folder }: Secrets) =>
  (): string => {
    const address = read(name);
    if (address !== undefined) return address;
    throw new Error(
      `${source}: the secret ${name} is not set; it holds the server's address. Put it in the agent's environment, or in the file ${path.join(folder, name)}`,
    );
  };

/** Reads the address of a MongoDB server: `mongodb://user:password@host:27017`, or `mongodb+srv://…`. */
export function mongodbAddress(source: string, name: string, secrets: Secrets): () => string {
  const read = addressReader(source, name, secrets);
  return () => {
    const address = read();
    if (/^mongodb(\+srv)?:\/\/[^/]/.test(address)) return address;
    throw new Error(`${source}: the secret ${name} must be an address such as mongodb://user:password@host:27017`);
  };
}

/** Reads the address of a Redis server: `redis://user:password@host:6379`, or `rediss://…` for TLS. */
export function redisAddress(source: string, name: string, secrets: Secrets): () => RedisServer {
  const read = addressReader(source, name, secrets);
  return () => {
    const server = redisServer(read());
    if (server) return server;
    throw new Error(`${source}: the secret ${name} must be an address such as redis://user:password@host:6379`);
  };
}

/** A server by its address; undefined for what is none. */
export function redisServer(address: string): RedisServer | undefined {
  if (!/^rediss?:\/\//.test(address) || !URL.canParse(address)) return undefined;
  const { protocol, hostname, port, username, password } = new URL(address);
  if (hostname === "") return undefined;
  try {
    const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
    return {
      ...{ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 6379) },
      ...(user === "" ? {} : { user }),
      ...(secret === "" ? {} : { password: () => secret }),
      ...(protocol === "rediss:" ? { tls: {} } : {}),
    };
  } catch {
    return undefined; // a % that encodes nothing
  }
}
