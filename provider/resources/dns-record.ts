import {
  answersFor,
  lookUpAddress,
  lookUpAuthority,
  type Authority,
  type NameServerAddress,
} from "../../engines/dns/lookup";
import { renderRemoval, renderUpdate, sendUpdate } from "../../engines/dns/update";
import { keptPorts } from "../../engines/ports";
import { proveWritable } from "../../engines/postgres/epoch";
import { connected } from "../../engines/postgres/sql";
import type { Resource } from "../resource";

export interface DnsRecordInputs {
  readonly server: NameServerAddress;
  readonly zone: string;
  /** The failover name, whole. */
  readonly name: string;
  readonly ttlSeconds: number;
  /** The site that shall be live, and the address by which it answers. */
  readonly site: string;
  readonly address: string;
  readonly keysFolder: string;
  /** The databases of that site: each must take a write before the name points there. Ports by their name in the registry. */
  readonly proofs: readonly { readonly portRegistry: string; readonly portName: string }[];
}

export interface DnsRecordOutputs extends DnsRecordInputs {
  /** The epoch that the live site's database holds. */
  readonly epoch: number;
}

/** The failover record and the authority record beside it, by RFC 2136 with TSIG. */
export const dnsRecord: Resource<DnsRecordInputs, DnsRecordOutputs> = {
  inputs: ["server", "zone", "name", "ttlSeconds", "site", "address", "keysFolder", "proofs"],
  replaceOn: ["zone", "name"],

  async create(inputs) {
    return { id: inputs.name, outs: await point(inputs) };
  },

  async read(outs) {
    let authority, found;
    try {
      authority = await lookUpAuthority(outs.server, outs.name);
      found = await lookUpAddress(outs.server, outs.name);
    } catch {
      return { outs, inputs: outs }; // a name server that does not answer has not lost its records
    }
    if (!authority || !found) return undefined;
    const seen = { ...outs, site: authority.site, address: found.address, ttlSeconds: found.ttl };
    return { outs: { ...seen, epoch: authority.epoch }, inputs: seen };
  },

  update: (_old, inputs) => point(inputs),

  // A name server that is down serves no record; after a reboot `destroy` must still come to its end.
  async delete({ server, zone, name, keysFolder }, tell) {
    if (await answersFor(server, zone)) return sendUpdate(renderRemoval(server, { zone, name }), keysFolder);
    tell(`left as it is: ${name} at ${server.address}:${server.port}, which does not answer`, "warning");
  },
};

async function point(inputs: DnsRecordInputs): Promise<DnsRecordOutputs> {
  const epoch = await proveEpoch(inputs);
  const authority: Authority = { site: inputs.site, epoch };
  refuseOlder(authority, await lookUpAuthority(inputs.server, inputs.name));
  await sendUpdate(renderUpdate(inputs.server, inputs, authority), inputs.keysFolder);

  const now = await lookUpAuthority(inputs.server, inputs.name);
  if (now?.site !== inputs.site || now.epoch !== epoch) {
    throw new Error(
      `the name server took the update and still answers ${now ? `${now.site}, epoch ${now.epoch}` : "nothing"} for ${inputs.name}`,
    );
  }
  return { ...inputs, epoch };
}

/** The epoch of the site's databases, each proven by a write just now. */
async function proveEpoch({ site, address, keysFolder, proofs }: DnsRecordInputs): Promise<number> {
  const epochs = await Promise.all(
    proofs.map(async ({ portRegistry, portName }) => {
      const port = keptPorts(portRegistry)[portName];
      if (port === undefined)
        throw new Error(`\`liveSite\` must take writes; ${site} was never brought up (no port for ${portName})`);
      try {
        const proof = await connected({ address, port, keysFolder }, proveWritable);
        if (proof.site !== site) {
          throw new Error(`its newest epoch ${proof.epoch} belongs to ${proof.site}; promote ${site} first`);
        }
        return proof.epoch;
      } catch (error) {
        const reason = (error as Error).message;
        throw new Error(
          `\`liveSite\` must take writes; ${site}'s ${portName} at ${address}:${port} does not: ${reason}. The record is unchanged`,
          {
            cause: error,
          },
        );
      }
    }),
  );
  return Math.max(...epochs);
}

/** Refuses a writer of the past: an epoch below the one on record, or a rival for the same one. */
export function refuseOlder(next: Authority, current: Authority | undefined): void {
  if (!current || next.epoch > current.epoch || (next.epoch === current.epoch && next.site === current.site)) return;
  throw new Error(
    `\`liveSite\` must hold a newer epoch than the record's: ${current.site} is live with epoch ${current.epoch}, ` +
      `${next.site} holds epoch ${next.epoch}. The record is unchanged`,
  );
}
