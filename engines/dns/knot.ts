/** A Knot name server for one zone, in plain data. */
export interface KnotSettings {
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  readonly zone: string;
}

export const KEY_NAME = "pulumi-dr";

/** Knot's configuration: one zone, changed only by updates that the key signs. The key itself is in a file of its own. */
export const renderKnot = ({ folder, address, port, zone }: KnotSettings) => `server:
    rundir: ${quote(folder)}
    listen: "${address}@${port}"
    tcp-workers: 1
    udp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: ${quote(folder)}
include: ${quote(`${folder}/key.conf`)}
acl:
  - id: update
    key: "${KEY_NAME}"
    action: update
template:
  - id: default
    storage: ${quote(folder)}
    file: "%s.zone"
    semantic-checks: on
    zonefile-sync: 0
    journal-content: changes
zone:
  - domain: "${zone}"
    acl: update
`;

/** A string of Knot's configuration file. It knows no other escape. */
const quote = (value: string) => `"${value.replaceAll('"', '\\"')}"`;

/** TSIG keys are base64; ours are kept in hex. */
export const tsigSecret = (hexKey: string) => Buffer.from(hexKey, "hex").toString("base64");

export const renderKey = (secret: string) => `key:
  - id: "${KEY_NAME}"
    algorithm: hmac-sha256
    secret: "${secret}"
`;

/** The zone as it starts: it names itself and nothing else. */
export const renderZone = (zone: string, address: string) => `$ORIGIN ${zone}.
$TTL 60
@ SOA ns hostmaster 1 3600 600 604800 5
@ NS ns
ns A ${address}
`;
