import { key } from "../keys";
import { run } from "../run";
import { KEY_NAME, tsigSecret } from "./knot";
import { authorityName, renderAuthority, type Authority, type NameServerAddress } from "./lookup";

export interface FailoverRecordData {
  readonly zone: string;
  readonly name: string;
  readonly ttlSeconds: number;
  readonly address: string;
}

/** One RFC 2136 update: the failover record and the authority record change together or not at all. */
export function renderUpdate(server: NameServerAddress, record: FailoverRecordData, authority: Authority): string {
  const { zone, name, ttlSeconds, address } = record;
  return [
    ...head(server, zone),
    `del ${name}. A`,
    `add ${name}. ${ttlSeconds} A ${address}`,
    `del ${authorityName(name)}. TXT`,
    `add ${authorityName(name)}. ${ttlSeconds} TXT "${renderAuthority(authority)}"`,
    "send",
    "",
  ].join("\n");
}

export function renderRemoval(
  server: NameServerAddress,
  { zone, name }: Pick<FailoverRecordData, "zone" | "name">,
): string {
  return [...head(server, zone), `del ${name}. A`, `del ${authorityName(name)}. TXT`, "send", ""].join("\n");
}

const head = ({ address, port }: NameServerAddress, zone: string) => [`server ${address} ${port}`, `zone ${zone}.`];

/** Sends an update, signed. The key goes by standard input: no process list shows it. */
export async function sendUpdate(update: string, keysFolder: string): Promise<void> {
  const signed = `key hmac-sha256:${KEY_NAME} ${tsigSecret(key(keysFolder, "tsig"))}\n${update}`;
  await run("knsupdate", [], { input: signed, timeoutMs: 10_000 });
}
