import type { Client } from "pg";
import { readAuthority } from "../engines/dns/authority";
import type { Authority } from "../engines/dns/lookup";
import { isOvertaken, newestEpoch } from "../engines/postgres/epoch";
import { endArchiving, endWriting } from "../engines/postgres/fencing";
import { connected, serverState, type Endpoint } from "../engines/postgres/sql";
import type { AgentConfig } from "./config";
import type { Log } from "./log";

/** Seconds between two looks at the authority record. */
const LOOK_EVERY = 2;
const ANSWERS_WITHIN_MS = 3_000;
/** Milliseconds until a server that hung is asked again: a question must wait at its door when it goes on. */
const ASK_AGAIN_AFTER_MS = 50;
const TIMED_OUT = "ETIMEDOUT";

/**
 * Takes writing away from this site's own servers once another site took over. A site that was cut off, or whose server hung,
 * when it was said to be lost could not be fenced from outside; it finds out as soon as it can read the record again. It comes
 * to its servers by their sockets, which no network cuts off.
 */
export function startGuard({ config, log }: { readonly config: AgentConfig; readonly log: Log }): () => void {
  const { site, authority, sources } = config;
  const servers = sources.flatMap(({ postgresql }) =>
    postgresql ? [{ ...postgresql.endpoint, address: postgresql.socketFolder, withinMs: ANSWERS_WITHIN_MS }] : [],
  );
  if (!authority || servers.length === 0) return () => {};

  const fence = (server: Endpoint, record: Authority) =>
    connected(server, async (client) => {
      if ((await serverState(client)).role !== "primary" || !(await takesWrites(client))) return;
      if (!isOvertaken(site, record, await newestEpoch(client))) return;
      await endWriting(client);
      await endArchiving(client);
      log.error("fenced-by-itself", { live: record.site, epoch: record.epoch });
    });
  /** Answers in how many milliseconds to look again. What fails is asked again; the agent's other looks tell people of it. */
  const look = async (): Promise<number> => {
    const record = await readAuthority(authority).catch(() => undefined);
    if (!record || record.site === site) return LOOK_EVERY * 1000;
    const asked = await Promise.allSettled(servers.map((server) => fence(server, record)));
    const hangs = asked.some(
      (one) => one.status === "rejected" && (one.reason as { code?: string }).code === TIMED_OUT,
    );
    return hangs ? ASK_AGAIN_AFTER_MS : LOOK_EVERY * 1000;
  };
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const wait = (ms: number) => {
    if (!stopped) timer = setTimeout(() => void look().then(wait), ms);
  };
  wait(LOOK_EVERY * 1000);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function takesWrites(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ off: boolean }>(
    "select setting = 'off' as off from pg_settings where name = 'default_transaction_read_only'",
  );
  return rows[0]!.off;
}
