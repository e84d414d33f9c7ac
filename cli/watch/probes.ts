import { commonsOf, NAME_SERVER_PORT, placeOf } from "../../components/local/place";
import { lookUpAuthority } from "../../engines/dns/lookup";
import { keptPorts } from "../../engines/ports";
import { connected, serverState, type Endpoint } from "../../engines/postgres/sql";
import { databasesOf, UsageError, type Project } from "../project";
import type { Probe, Sight } from "./sight";

/** No probe takes longer: a server that hangs is one that does not answer. */
const TIMEOUT_MS = 3_000;

/** Looks at a site from here, by three ways at once. It never throws: what fails is what was seen. */
export async function lookAt(project: Project, site: string): Promise<Sight> {
  const { location, plan, sites } = project;
  const { keysFolder, portRegistry, nameServerAddress } = commonsOf({ location, plan: plan.name });
  const ports = keptPorts(portRegistry);
  const next = sites.find((other) => other !== site)!;
  const databases = databasesOf(plan).map(({ name }) => name);
  const addressOf = (of: string) => placeOf({ location, plan: plan.name, all: sites }, of).address;
  const ask = (of: string, name: string, asking: (at: Endpoint) => Promise<Asked>): Promise<Asked> => {
    const at = { address: addressOf(of), port: ports[name]!, keysFolder };
    if (at.port === undefined)
      return Promise.resolve({ outcome: "unknown", answered: false, reason: `${name} was never brought up` });
    return asking({ ...at, withinMs: TIMEOUT_MS });
  };
  const nameServer = ports[NAME_SERVER_PORT];

  const [authority, primaries, answers, standbys] = await Promise.all([
    nameServer === undefined
      ? undefined
      : lookUpAuthority({ address: nameServerAddress, port: nameServer }, plan.dns.name).then(
          (live) => ({ live }),
          () => undefined,
        ),
    Promise.all(databases.map((name) => ask(site, name, (at) => askPrimary(name, at)))),
    Promise.all(servicesOf(project).map(({ name, health }) => ask(site, name, (at) => askHttp(name, at, health)))),
    Promise.all(databases.map((name) => ask(next, name, (at) => askStandby(name, next, at)))),
  ]);
  const written = positionsOf(databases, primaries);
  const received = positionsOf(databases, standbys);
  return {
    site,
    ...(authority?.live ? { live: authority.live } : {}),
    probes: { sql: together(primaries), http: together(answers), replication: together(standbys) },
    hears: { nameServer: authority !== undefined, standby: standbys.some(({ answered }) => answered) },
    ...(written ? { written } : {}),
    ...(received ? { received } : {}),
  };
}

/**
 * Services that need a database say whether the site does its work; any other may go on smiling without one. A plan without
 * such services is asked by those that it has, and one without any by the agent.
 */
function servicesOf({ plan }: Project): readonly { readonly name: string; readonly health: string }[] {
  const all = Object.entries(plan.services).map(([name, { health, uses }]) => ({ name, health, uses }));
  const needy = all.filter(({ uses }) => uses.some((data) => plan.data[data]?.engine === "postgresql"));
  if (needy.length > 0) return needy;
  return all.length > 0 ? all : [{ name: "agent", health: "/healthz" }];
}

interface Asked extends Probe {
  /** Whether somebody was there at all. */
  readonly answered: boolean;
  readonly position?: string;
}

async function askPrimary(database: string, endpoint: Endpoint): Promise<Asked> {
  try {
    const { role, lsn } = await connected(endpoint, serverState);
    if (role === "primary")
      return { outcome: "well", answered: true, reason: `${database} takes writes`, position: lsn };
    return {
      outcome: "unknown",
      answered: true,
      reason: `${database} answers, and is in recovery: it was put on standby, or started again and waits for its \`up\``,
    };
  } catch (error) {
    return refused(database, error, "down");
  }
}

async function askStandby(database: string, site: string, endpoint: Endpoint): Promise<Asked> {
  try {
    const [row] = await connected(endpoint, async (client) => {
      const { rows } = await client.query<{ standby: boolean; streaming: boolean; received: string | null }>(`
        select pg_is_in_recovery() as standby,
               exists (select from pg_stat_wal_receiver where status = 'streaming') as streaming,
               case when pg_is_in_recovery() then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) end::text as received`);
      return rows;
    });
    const { standby, streaming, received } = row!;
    const position = received === null ? {} : { position: received };
    if (!standby) return { outcome: "unknown", answered: true, reason: `${site}'s ${database} takes writes itself` };
    if (streaming)
      return { outcome: "well", answered: true, reason: `${site}'s ${database} streams from it`, ...position };
    return { outcome: "down", answered: true, reason: `${site}'s ${database} gets nothing from it`, ...position };
  } catch (error) {
    return refused(`${site}'s ${database}`, error, "unknown");
  }
}

async function askHttp(service: string, { address, port }: Endpoint, health: string): Promise<Asked> {
  try {
    const url = `http://${address}:${port}${health}`;
    const { ok, status } = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { outcome: ok ? "well" : "down", answered: true, reason: `${service} answers ${status}` };
  } catch (error) {
    return refused(service, (error as Error).cause ?? error, "down");
  }
}

/** What the network says when nobody is there, or nobody answers in time. */
const SILENCE =
  /^(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT)$|timeout|timed out|connection terminated/i;

/**
 * Only silence speaks for a loss. A server that refuses is there, whatever it says: too many connections, a start that is not
 * done. And what went wrong here, such as a key that is missing, says nothing of the site.
 */
function refused(who: string, error: unknown, silence: "down" | "unknown"): Asked {
  const { code, message } = error as { code?: unknown; message: string };
  if ((typeof code === "string" && SILENCE.test(code)) || SILENCE.test(message))
    return {
      outcome: silence,
      answered: false,
      reason: `${who} does not answer: ${typeof code === "string" ? code : message}`,
    };
  const answered = typeof code === "string" && /^[0-9A-Z]{5}$/.test(code);
  return {
    outcome: "unknown",
    answered,
    reason: `${who} ${answered ? "answers, and refuses" : "could not be asked"}: ${message}`,
  };
}

/** One outcome of several: any sign of life counts for the site, and any doubt against its loss. */
function together(asked: readonly Asked[]): Probe {
  const outcome =
    (["well", "unknown", "down"] as const).find((one) => asked.some((each) => each.outcome === one)) ?? "unknown";
  const reasons = asked.filter((each) => each.outcome === outcome).map(({ reason }) => reason);
  return { outcome, reason: reasons.join(", ") || "there is nothing to ask" };
}

/** Positions of all databases, or nothing: a part of them bounds no loss. */
function positionsOf(databases: readonly string[], asked: readonly Asked[]): Record<string, string> | undefined {
  const known = databases.flatMap((name, index) => {
    const position = asked[index]!.position;
    return position === undefined ? [] : [[name, position] as const];
  });
  return known.length === databases.length ? Object.fromEntries(known) : undefined;
}

/** @throws UsageError if this project's sites cannot be looked at, or there is nothing to fail over. */
export function refuseUnwatchable({ platform, plan }: Project): void {
  if (platform !== "local") throw new UsageError(`only local sites can be watched so far; got platform ${platform}`);
  if (databasesOf(plan).length === 0)
    throw new UsageError(`${plan.name} has no database to fail over (data.<name>.engine: postgresql)`);
}
