/** What a server of a site is told, in plain data. */
export interface ServerSettings {
  readonly clusterName: string;
  readonly address: string;
  readonly port: number;
  readonly socketFolder: string;
  /** The server it follows while it is a standby.  @default - none: its copy is lost or was never declared */
  readonly upstream?: {
    readonly address: string;
    readonly port: number;
    readonly passFile: string;
    readonly slot: string;
  };
  /** Ships one WAL segment; absent: archiving is off. */
  readonly archiveCommand?: string;
  /** The longest time that a write waits for its segment to be shipped. */
  readonly archiveTimeoutSeconds: number;
  /** The most WAL that a standby's slot may hold back, so that a lost standby cannot fill the primary's disk. */
  readonly slotCapMiB: number;
}

/** Until then a replica that hears nothing says that it streams. PostgreSQL's own minute is longer than many a cut. */
const SILENCE = "10s";

/** The settings file of a server. The same for a primary and a standby: the role is in the data folder, not here. */
export function renderSettings(settings: ServerSettings): string {
  const { upstream } = settings;
  const lines: Record<string, string | number> = {
    cluster_name: settings.clusterName,
    listen_addresses: settings.address,
    port: settings.port,
    unix_socket_directories: settings.socketFolder,
    password_encryption: "scram-sha-256",
    wal_level: "replica",
    hot_standby: "on",
    max_wal_senders: 10,
    max_replication_slots: 10,
    max_slot_wal_keep_size: `${settings.slotCapMiB}MB`,
    wal_log_hints: "on", // pg_rewind needs it to bring an old primary back
    archive_mode: "on",
    archive_command: settings.archiveCommand ?? "",
    archive_timeout: settings.archiveTimeoutSeconds,
    primary_conninfo: upstream ? connectionInfo(upstream, settings.clusterName) : "",
    primary_slot_name: upstream?.slot ?? "",
    wal_retrieve_retry_interval: "1s",
    wal_sender_timeout: SILENCE,
    wal_receiver_timeout: SILENCE,
    log_line_prefix: "%m [%p] ",
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} = ${typeof value === "number" ? value : quote(value)}\n`)
    .join("");
}

/** Who may connect: everyone with a password, from this machine only. */
export const ACCESS = `local all         all                     scram-sha-256
host  all         all        127.0.0.0/8  scram-sha-256
host  replication replicator 127.0.0.0/8  scram-sha-256
`;

function connectionInfo({ address, port, passFile }: NonNullable<ServerSettings["upstream"]>, name: string): string {
  const file = `'${passFile.replaceAll(/[\\']/g, "\\$&")}'`;
  // Of the sender: one that is told to end first says so, and would wait a quarter of an hour for a network that is cut. A
  // checkpoint that gives up its slot waits for it, and WAL for the checkpoint.
  const sender = `options='-c tcp_user_timeout=${SILENCE}'`;
  return `host=${address} port=${port} user=replicator passfile=${file} application_name=${name} connect_timeout=3 ${sender}`;
}

/** A string of PostgreSQL's configuration file. It reads backslashes, which SQL does not. */
const quote = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

/** A name in SQL, whatever characters it holds. */
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** A name for a replication slot: small letters, digits and underscores only. */
export const slotName = (site: string) => site.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
