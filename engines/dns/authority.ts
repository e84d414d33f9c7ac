import { keptPorts } from "../ports";
import { lookUpAuthority, type Authority } from "./lookup";

/** How one finds the authority record: which site is live, and since which promotion. */
export interface AuthorityLookup {
  /** The failover name; the record stands beside it. */
  readonly name: string;
  readonly address: string;
  readonly portRegistry: string;
  readonly portName: string;
}

/** The authority record; undefined where no DNS stack was ever brought up. Throws if it exists and does not answer. */
export async function readAuthority({
  name,
  address,
  portRegistry,
  portName,
}: AuthorityLookup): Promise<Authority | undefined> {
  const port = keptPorts(portRegistry)[portName];
  if (port === undefined) return undefined;
  try {
    return await lookUpAuthority({ address, port }, name);
  } catch (error) {
    const way = "bring the DNS stack up first; who is live must be known before a site may write";
    throw new Error(`the authority record of ${name} cannot be read: ${(error as Error).message}; ${way}`, {
      cause: error,
    });
  }
}
