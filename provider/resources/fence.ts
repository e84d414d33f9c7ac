import { archiveBegunWal } from "../../engines/postgres/archiving";
import { newestEpoch } from "../../engines/postgres/epoch";
import { endArchiving, endWriting, hasFence } from "../../engines/postgres/fencing";
import { connected, serverState, type Endpoint, type ServerState } from "../../engines/postgres/sql";
import { keptPorts } from "../../engines/ports";
import type { Resource } from "../resource";

export interface FenceInputs {
  /** The site that was said to be lost. */
  readonly site: string;
  readonly address: string;
  readonly portRegistry: string;
  readonly portName: string;
  readonly keysFolder: string;
  readonly database: string;
  /** The other site recovers from the archive: what still answers archives all that it has first.  @default false */
  readonly archives?: boolean;
  /**
   * When the watch found the site lost, in ISO 8601. No person's word stands for a proof then, and a writer that answers is
   * left alone. Another time, or a person's word after it, fences anew.
   *
   * @default - a person has said that it is lost
   */
  readonly foundLostAt?: string;
  /** The site that takes over; it answers on the same port. Its promotion ends the failover. */
  readonly successor: { readonly site: string; readonly address: string };
  /** What the check found: when the failover was tried again, in ISO 8601. @default - the first try, or it is done */
  readonly triedAgainAt?: string;
}

export interface FenceOutputs extends FenceInputs {
  /** What shows that the site writes no more. */
  readonly proof: string;
  /** Where the lost site stopped, if it still answered: nothing up to here need be lost. */
  readonly lsn?: string;
  readonly systemIdentifier?: string;
}

/** Takes writing away from a lost site by whatever of it still answers, and says what that proves. */
export const fence: Resource<FenceInputs, FenceOutputs> = {
  inputs: [
    ...(["site", "address", "portRegistry", "portName", "keysFolder", "database", "archives", "foundLostAt"] as const),
    ...(["successor", "triedAgainAt"] as const),
  ],
  mayBeAbsent: ["lsn", "systemIdentifier"],
  replaceOn: ["site"],

  // Until the other site is promoted, what was lost may come back between two tries.
  async check(inputs, old) {
    if (!old || old.site !== inputs.site) return { inputs };
    if (!(await isDone(inputs))) return { inputs: { ...inputs, triedAgainAt: new Date().toISOString() } };
    const { triedAgainAt } = old;
    return { inputs: triedAgainAt ? { ...inputs, triedAgainAt } : inputs };
  },

  async create(inputs) {
    return { id: inputs.site, outs: { ...inputs, ...(await prove(inputs)) } };
  },

  // What was proven stays proven for the try that it was proven for.
  update: async (old, inputs) =>
    old.foundLostAt === inputs.foundLostAt && old.triedAgainAt === inputs.triedAgainAt
      ? { ...old, ...inputs }
      : { ...inputs, ...(await prove(inputs)) },
};

/** Whether the other site took over: it writes, in an epoch of its own, and is not fenced itself. One that does not say so did not. */
async function isDone({ successor, portRegistry, portName, keysFolder }: FenceInputs): Promise<boolean> {
  const port = keptPorts(portRegistry)[portName];
  if (port === undefined) return false;
  const there = { address: successor.address, port, keysFolder, withinMs: 10_000 };
  return connected(
    there,
    async (client) =>
      (await serverState(client)).role === "primary" &&
      (await newestEpoch(client))?.site === successor.site &&
      !(await hasFence(client)),
  ).catch(() => false);
}

type Proof = Pick<FenceOutputs, "proof" | "lsn" | "systemIdentifier">;

async function prove(inputs: FenceInputs): Promise<Proof> {
  const port = keptPorts(inputs.portRegistry)[inputs.portName];
  if (port === undefined) return { proof: "it was never brought up" };
  const { address, keysFolder, archives } = inputs;
  const withinMs = FENCED_WITHIN_MS + (archives ? ARCHIVES_WITHIN_MS : 0);
  return takeWriting(inputs, { address, port, keysFolder, timeoutMs: 2_000, withinMs });
}

async function takeWriting(
  { site, database, archives = false, foundLostAt }: FenceInputs,
  endpoint: Endpoint,
): Promise<Proof> {
  const where = `${endpoint.address}:${endpoint.port}`;
  let stopped;
  try {
    stopped = await connected(endpoint, async (client) => {
      const before = await serverState(client);
      if (before.role === "standby") return before;
      if (foundLostAt) throw new Error("it is a writer, so it is not lost");
      await endWriting(client);
      const end = await serverState(client);
      if (archives) await archiveBegunWal(client, { withinMs: ARCHIVES_WITHIN_MS, until: "tried" });
      await endArchiving(client);
      return end;
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The operator's word stands for what cannot be reached; what answers and cannot be fenced is another matter.
    if (code === "ECONNREFUSED") return { proof: `nothing listens on ${where}` };
    if (foundLostAt)
      throw new Error(
        `nothing proves that ${site} writes no more: ${where}: ${message || code}. Nothing was promoted. If you know that it is lost, say so: npx pulumi-dr failover --lost ${site}`,
        { cause: error },
      );
    if (code === "EHOSTUNREACH" || code === "ENETUNREACH" || code === "ETIMEDOUT")
      return { proof: `${where} cannot be reached: ${code}` };
    throw new Error(`${site} answers on ${where} and could not be fenced: ${message}. Nothing was promoted`, {
      cause: error,
    });
  }
  if (stopped.role === "standby")
    return { proof: `${where} is in recovery and takes no writes`, ...positionOf(stopped) };
  await provesReadOnly({ ...endpoint, user: "app", database }, site);
  return {
    proof: `${where} refused a write by the application's user`,
    ...positionOf(stopped),
  };
}

const positionOf = ({ lsn, systemIdentifier }: ServerState): Omit<Proof, "proof"> => ({
  ...(lsn ? { lsn } : {}), // a server that has just begun its recovery knows of none
  systemIdentifier,
});

const FENCED_WITHIN_MS = 10_000;
const ARCHIVES_WITHIN_MS = 30_000;
const READ_ONLY_TRANSACTION = "25006";

async function provesReadOnly(endpoint: Endpoint, site: string): Promise<void> {
  try {
    await connected(endpoint, (client) => client.query("create table dr_fence_probe (probe int)"));
  } catch (error) {
    if ((error as { code?: string }).code === READ_ONLY_TRANSACTION) return;
    throw new Error(`the fence of ${site} could not be proven: ${(error as Error).message}. Nothing was promoted`, {
      cause: error,
    });
  }
  throw new Error(`${site} still takes writes after it was fenced. Nothing was promoted`);
}
