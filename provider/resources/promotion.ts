import type { Client } from "pg";
import { firstEpoch, newestEpoch, nextEpoch, type Epoch } from "../../engines/postgres/epoch";
import { hasFence } from "../../engines/postgres/fencing";
import { connected, serverState, type Endpoint, type ServerState } from "../../engines/postgres/sql";
import { liveElsewhere, readAuthority, type AuthorityLookup } from "../authority";
import { armForReturn, becomeWriter, leaveReign, takeWritingUp, timeoutOf, type Run } from "../postgres/become-writer";
import { catchUp, sayLoss, takenOver, whyNotGivenUp } from "../postgres/catch-up";
import { ownEpoch, whyNotPromoted } from "../postgres/may-promote";
import { ONE_AT_A_TIME, refuseUnfenced, takeFenceOff } from "../postgres/own-fence";
import { isUnknown, present, type Resource } from "../resource";
import type { Tell } from "../tell";

export interface PromotionInputs {
  readonly site: string;
  readonly address: string;
  readonly port: number;
  readonly keysFolder: string;
  readonly authority: AuthorityLookup;
  /** Planned: `system identifier:timeline:LSN` of the site that went on standby. Everything up to it must have arrived. */
  readonly demotionToken?: string;
  /**
   * The other site, while it is not lost; if it answers, it must not take writes. `restores`: nothing runs there while it is
   * on standby.
   */
  readonly peer?: { readonly site: string; readonly address: string; readonly restores?: boolean };
  /** Unplanned: the site that was said to be lost. Writes that had not arrived from it are lost. */
  readonly lostSite?: string;
  /** What the fence of the lost site proved. */
  readonly fenceProof?: string;
  /** Where the fenced site stopped, if it still answered: waited for as long as more arrives, so that nothing is lost. */
  readonly fencedAt?: string;
  /** How long nothing may arrive of what the fenced site still has, before it is given up as lost.  @default 10 */
  readonly silenceSeconds?: number;
  /** Where the lost site answers, if it does: its fence must still hold at the promotion. */
  readonly lostPeer?: { readonly site: string; readonly address: string };
  /** The server was filled by a restore, which has said what is lost: nothing more arrives.  @default false */
  readonly restored?: boolean;
  /** When the watch found the site lost, in ISO 8601.  @default - a person has said so, and any loss is accepted */
  readonly foundLostAt?: string;
  /** The most that may be given up by the watch.  @default - any loss */
  readonly maxLossSeconds?: number;
  /** When the server was started: one that was started again begins in recovery, and takes its writing up here. */
  readonly serverStart?: string;
  /** For all of it: the wait for WAL, and the promotion.  @default 300 */
  readonly timeoutSeconds?: number;
  /** What the check found: a writer that is still fenced, by a failover that came to nothing.  @default false */
  readonly fenced?: boolean;
}

export interface PromotionOutputs extends PromotionInputs {
  readonly epoch: number;
  readonly timeline: number;
  readonly systemIdentifier: string;
  /** When the newest commit that survived was made, in ISO 8601; absent if this site was the writer all along. */
  readonly lastCommit?: string;
  /** Bytes of WAL that the lost site had written before it was fenced and that are lost; absent if nobody knows. */
  readonly lostBytes?: number;
}

/** Makes a standby the writer, over SQL, and reads the role back. On a server that already is the writer it changes nothing. */
export const promotion: Resource<PromotionInputs, PromotionOutputs> = {
  inputs: [
    ...(["site", "address", "port", "keysFolder", "authority", "demotionToken", "lostSite", "fenceProof"] as const),
    ...(["fencedAt", "silenceSeconds", "lostPeer", "restored", "foundLostAt", "maxLossSeconds"] as const),
    ...(["timeoutSeconds", "peer", "serverStart", "fenced"] as const),
  ],

  mayBeAbsent: ["lastCommit", "lostBytes"],

  async check(inputs, old) {
    if (isUnknown(inputs.address) || isUnknown(inputs.port)) return {};
    try {
      return await connected({ ...endpointOf(inputs), withinMs: ANSWERS_WITHIN_MS }, async (client) => {
        const state = await serverState(client);
        if (state.role === "primary") return (await hasFence(client)) ? { inputs: { ...inputs, fenced: true } } : {};
        if (old || (await ownEpoch(client, inputs)) !== undefined) return {};
        const failure = await whyNotPromoted(inputs, state);
        return failure ? { failures: [failure] } : {};
      });
    } catch {
      return {}; // not there yet: create will see
    }
  },

  async create(inputs, tell) {
    return { id: `${inputs.address}:${inputs.port}`, outs: await promote(inputs, tell) };
  },

  async read(outs) {
    try {
      const state = await connected(endpointOf(outs), serverState);
      return state.role === "primary" ? { outs, inputs: outs } : undefined;
    } catch {
      return { outs, inputs: outs }; // a server that does not answer was not demoted
    }
  },

  // On a writer a token or a loss that no longer counts changes nothing; a writer that was started again is one again.
  async update({ lastCommit, lostBytes }, inputs, tell) {
    return { ...present({ lastCommit, lostBytes }), ...(await promote(inputs, tell)) };
  },
};

async function promote({ fenced: _found, ...inputs }: PromotionInputs, tell: Tell): Promise<PromotionOutputs> {
  const { site, address, port } = inputs;
  const end = performance.now() + timeoutOf(inputs) * 1000;
  const at = { step: "connecting", isSafe: true };
  try {
    const withinMs = end - performance.now() + ANSWERS_WITHIN_MS;
    return await connected({ ...endpointOf(inputs), withinMs }, (client) =>
      promoteOver(client, inputs, { end, at, tell }),
    );
  } catch (error) {
    if ((error as { code?: string }).code !== "ETIMEDOUT") throw error;
    const left = at.isSafe ? "Nothing was promoted" : `Whether ${site} was promoted, the next \`up\` reads from it`;
    throw new Error(
      `the promotion of ${site} hangs at ${at.step}: ${address}:${port} ${(error as Error).message}. ${left}; the name is unchanged. Run \`up\` again`,
      { cause: error },
    );
  }
}

const ANSWERS_WITHIN_MS = 5_000;

async function promoteOver(client: Client, inputs: PromotionInputs, run: Run): Promise<PromotionOutputs> {
  const { at, tell } = run;
  at.step = "another promotion that goes on";
  await client.query("select pg_advisory_lock($1)", [ONE_AT_A_TIME]); // of two at once the second finds a writer
  at.step = "reading the server's role";
  const before = await serverState(client);
  const { systemIdentifier } = before;
  if (before.role === "primary") {
    const newest = await epochOfWriter(client, inputs, before);
    await armForReturn(client); // whoever started it by hand may have taken the signal away
    await leaveReign(client);
    at.step = "taking its fence off";
    if (await hasFence(client)) {
      await takeFenceOff(client, inputs, newest);
      tell(
        `the fence of ${inputs.site} is taken off, and it takes writes: no other site was promoted (epoch ${newest.epoch})`,
      );
    }
    return { ...inputs, epoch: newest.epoch, timeline: before.timeline, systemIdentifier };
  }
  const own = await ownEpoch(client, inputs);
  if (own !== undefined) {
    await takeWritingUp(client, inputs, own, run);
    return { ...inputs, epoch: own, timeline: (await serverState(client)).timeline, systemIdentifier };
  }
  const failure = await whyNotPromoted(inputs, before);
  if (failure) throw new Error(`\`${failure.property}\` ${failure.reason}`);

  await fetchTheRest(client, inputs, run);
  await becomeWriter(client, inputs, run);
  const { epoch } = await openEpoch(client, inputs);
  const { timeline } = await serverState(client);
  const { lsn, lastCommit, lostBytes } = await takenOver(client, inputs.lostSite && inputs.fencedAt);
  if (inputs.lostSite && !inputs.restored) {
    const { text, isLoss } = sayLoss(inputs, { lsn, lastCommit, lostBytes });
    tell(text, isLoss ? "warning" : "info");
  }
  return {
    ...{ ...inputs, epoch, timeline, systemIdentifier },
    ...(lastCommit ? { lastCommit } : {}),
    ...(lostBytes === undefined || inputs.restored ? {} : { lostBytes }),
  };
}

/** Waits for what must not be lost (planned), or need not be (a fenced site that answers). */
async function fetchTheRest(client: Client, inputs: PromotionInputs, { end, at, tell }: Run): Promise<void> {
  const { site, lostSite, fencedAt, restored, silenceSeconds = 10 } = inputs;
  // A token that an earlier switch left in config says nothing of a loss.
  const until = lostSite ? (restored ? undefined : fencedAt) : inputs.demotionToken?.split(":")[2];
  if (until) {
    at.step = `the wait for WAL up to ${until}`;
    const { ending, replayed } = await catchUp(client, until, {
      end,
      ...(lostSite ? { silenceMs: silenceSeconds * 1000 } : {}),
    });
    if (ending === "late")
      throw new Error(
        `the promotion of ${site} hangs at ${at.step}: after ${timeoutOf(inputs)} s it has replayed up to ${replayed}. Nothing was promoted; the name is unchanged. Run \`up\` again`,
      );
    if (ending === "silent") {
      const failure = whyNotGivenUp(inputs, (await serverState(client)).lastCommit);
      if (failure) throw new Error(failure);
      tell(`for ${silenceSeconds} s nothing more arrived from ${lostSite}: the rest is given up`, "warning");
    }
  }
  if (lostSite) await refuseUnfenced(inputs);
}

async function openEpoch(client: Client, { site, lostSite, authority }: PromotionInputs): Promise<Epoch> {
  const onRecord = await readAuthority(authority).catch(() => undefined); // the name cannot be moved then, and says so
  const epoch = await nextEpoch(client, site, lostSite ? `${lostSite} was lost` : "planned switchover", onRecord);
  await leaveReign(client);
  return epoch;
}

/**
 * The epoch of a server that is the writer already. One that was cut off between its promotion and its epoch opens it now, for
 * the same reasons as then. Throws if another site holds a newer one.
 */
async function epochOfWriter(client: Client, inputs: PromotionInputs, state: ServerState): Promise<Epoch> {
  const newest = await newestEpoch(client);
  await liveElsewhere(inputs.authority, inputs.site, newest);
  if (!newest) return firstEpoch(client, inputs.site);
  if (newest.site === inputs.site) return newest;
  const failure = await whyNotPromoted(inputs, { ...state, role: "standby", timeline: state.timeline - 1 });
  if (failure) throw new Error(`\`${failure.property}\` ${failure.reason}`);
  return openEpoch(client, inputs);
}

const endpointOf = ({ address, port, keysFolder }: PromotionInputs): Endpoint => ({ address, port, keysFolder });
