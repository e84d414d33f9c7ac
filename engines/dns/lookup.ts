import { Resolver } from "node:dns/promises";

/** The name server that holds the failover record. It belongs to neither site. */
export interface NameServerAddress {
  readonly address: string;
  readonly port: number;
}

/** Which site is live, and since which promotion. */
export interface Authority {
  readonly site: string;
  readonly epoch: number;
}

/** The authority record stands beside the failover record: `_dr.<name>`. */
export const authorityName = (name: string) => `_dr.${name}`;

export const renderAuthority = ({ site, epoch }: Authority) => `site=${site} epoch=${epoch}`;

export function parseAuthority(text: string): Authority {
  const match = /^site=(\S+) epoch=(\d+)$/.exec(text);
  if (!match) throw new Error(`the authority record must read \`site=<site> epoch=<number>\`; got \`${text}\``);
  return { site: match[1]!, epoch: Number(match[2]) };
}

/** The authority record of a failover name; undefined if the name server has none. Throws if it does not answer. */
export async function lookUpAuthority(server: NameServerAddress, name: string): Promise<Authority | undefined> {
  const texts = await ask(server, (resolver) => resolver.resolveTxt(authorityName(name)));
  return texts?.[0] && parseAuthority(texts[0].join(""));
}

/** The address that a failover name has just now, with its TTL in seconds. */
export async function lookUpAddress(
  server: NameServerAddress,
  name: string,
): Promise<{ address: string; ttl: number } | undefined> {
  return (await ask(server, (resolver) => resolver.resolve4(name, { ttl: true })))?.[0];
}

/** Whether the server answers for a zone. */
export async function answersFor(server: NameServerAddress, zone: string): Promise<boolean> {
  try {
    return (await ask(server, (resolver) => resolver.resolveSoa(zone))) !== undefined;
  } catch {
    return false;
  }
}

async function ask<T>(
  { address, port }: NameServerAddress,
  query: (resolver: Resolver) => Promise<T>,
): Promise<T | undefined> {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  resolver.setServers([`${address}:${port}`]);
  try {
    return await query(resolver);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTFOUND" || code === "ENODATA") return undefined;
    throw new Error(`the name server ${address}:${port} does not answer (${code})`, { cause: error });
  }
}
