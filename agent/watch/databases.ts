import { connected, type Endpoint } from "../../engines/postgres/sql";
import type { Measurement } from "../alerts/rules";
import type { DatabaseHealth } from "../api/ports";
import type { AgentConfig, SourceConfig } from "../config";
import type { ReadSecret } from "../secrets";
import { mongodbAddress, redisAddress, type Secrets } from "../sources/address";

/** What a PostgreSQL server says of itself and of whoever follows it. Positions are bytes of WAL since its beginning. */
export interface PostgresqlState {
  readonly role: "primary" | "standby";
  readonly version: string;
  /** Of a standby: how old the newest commit is that it replayed, 0 while it has all that it received. */
  readonly behindSeconds: number | undefined;
  readonly position: number;
  /** The replica that is furthest behind; undefined: none is connected. */
  readonly replica: { readonly position: number; readonly lagSeconds: number | undefined } | undefined;
}

/** Asks each database of the plan whether it is well; never rejects. */
export const databaseHealth = async (config: AgentConfig, read: ReadSecret): Promise<readonly DatabaseHealth[]> =>
  (await askDatabases(config, read)).map(({ health }) => health);

/** The same for alerts: a database that could not be asked, because nobody said where it is, is not known to be down. */
export async function databasesWatch(config: AgentConfig, read: ReadSecret): Promise<Measurement[]> {
  return (await askDatabases(config, read)).map(({ health: { name, engine, isUp, reason }, wasAsked }) => ({
    ...{ rule: engine === "redis" ? "cacheDown" : "databaseDown", source: name },
    ...{ value: wasAsked ? !isUp : undefined, ...(reason === undefined ? {} : { reason }) },
  }));
}

interface Asked {
  readonly health: DatabaseHealth;
  readonly wasAsked: boolean;
}

function askDatabases(config: AgentConfig, read: ReadSecret): Promise<readonly Asked[]> {
  const secrets = { read, folder: config.secretsFolder };
  return Promise.all(config.sources.flatMap((source) => (isDatabase(source) ? [askOne(source, secrets)] : [])));
}

const isDatabase = ({ entry: { engine } }: SourceConfig) => ["postgresql", "mongodb", "redis"].includes(engine);

async function askOne(source: SourceConfig, secrets: Secrets): Promise<Asked> {
  const { name } = source;
  const { engine } = source.entry;
  const no = (error: unknown, wasAsked: boolean): Asked => ({
    ...{ health: { name, engine, isUp: false, reason: (error as Error).message }, wasAsked },
  });
  let ping: () => Promise<Found>;
  try {
    ping = pingOf(source, secrets);
  } catch (error) {
    return no(error, false);
  }
  const began = performance.now();
  try {
    const found = await ping();
    const latencyMs = Math.round((performance.now() - began) * 10) / 10;
    return { health: { name, engine, isUp: true, latencyMs, ...found }, wasAsked: true };
  } catch (error) {
    return no(error, true);
  }
}

/** How a database is asked; throws if nobody said where it is. */
function pingOf({ name, entry, postgresql }: SourceConfig, secrets: Secrets): () => Promise<Found> {
  if (entry.engine === "mongodb") {
    const address = mongodbAddress(name, entry.address, secrets)();
    return () => pingMongodb(address);
  }
  if (entry.engine === "redis") {
    const server = redisAddress(name, entry.address, secrets)();
    return () => pingRedis(server);
  }
  if (!postgresql) throw new Error(`${name} has no server at this site`);
  return () => postgresqlHealth(postgresql.endpoint);
}

type Found = Pick<DatabaseHealth, "role" | "version" | "replicationLagSeconds">;

async function postgresqlHealth(endpoint: Endpoint): Promise<Found> {
  const { role, version, behindSeconds, position, replica } = await postgresqlState(endpoint);
  const lag = role === "standby" ? behindSeconds : replica && (replica.position >= position ? 0 : replica.lagSeconds);
  return { role, version, ...(lag === undefined ? {} : { replicationLagSeconds: lag }) };
}

export const postgresqlState = (endpoint: Endpoint): Promise<PostgresqlState> =>
  connected({ withinMs: 10_000, ...endpoint }, async (client) => {
    const { rows } = await client.query<{
      standby: boolean;
      version: string;
      behind: number | null;
      position: number;
      replayed: number | null;
      lag: number | null;
    }>(`
      select standby, current_setting('server_version') as version,
             case when standby then case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
                                         else extract(epoch from now() - pg_last_xact_replay_timestamp()) end end::float as behind,
             pg_wal_lsn_diff(case when standby then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, '0/0')::float as position,
             pg_wal_lsn_diff(replay_lsn, '0/0')::float as replayed, extract(epoch from replay_lag)::float as lag
      from pg_is_in_recovery() as standby
      left join lateral (select replay_lsn, replay_lag from pg_stat_replication where state in ('streaming', 'catchup')
                         order by replay_lsn nulls first limit 1) as replica on true`);
    const { standby, version, behind, position, replayed, lag } = rows[0]!;
    return {
      ...{ role: standby ? "standby" : "primary", version: version.split(" ")[0]!, position },
      behindSeconds: behind ?? undefined,
      replica: replayed === null ? undefined : { position: replayed, lagSeconds: lag ?? undefined },
    };
  });

async function pingMongodb(address: string): Promise<Found> {
  const { connected: connectedTo } = await import("../sources/mongodb/connection"); // the driver takes 20 MB of memory
  return connectedTo(
    address,
    async ({ client, version }) => {
      await client.db("admin").command({ ping: 1 });
      return { version };
    },
    3_000,
  );
}

async function pingRedis(server: ReturnType<ReturnType<typeof redisAddress>>): Promise<Found> {
  const { ask, info } = await import("../sources/redis/client");
  const answer = await ask(server, "PING");
  if (answer !== "PONG") throw new Error(`it answers ${answer} to PING`);
  const { redis_version: version } = await info(server, "server");
  return version === undefined ? {} : { version };
}
