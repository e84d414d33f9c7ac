import type { Client } from "pg";
import { newestEpoch, proveWritable, type Epoch } from "../../engines/postgres/epoch";
import { hasFence, resetFence } from "../../engines/postgres/fencing";
import { connected, serverState, type Endpoint } from "../../engines/postgres/sql";
import type { PromotionInputs } from "../resources/promotion";

/** The key of the lock, "dr" in ASCII. It holds on a standby too, and ends with the connection. */
export const ONE_AT_A_TIME = 0x6472;

const READ_ONLY_TRANSACTION = "25006";
const TAKES_EFFECT_WITHIN_MS = 10_000;
const ANSWERS_WITHIN_MS = 5_000;

/**
 * Lets a fenced writer write again after a failover that came to nothing, and proves it by a write.
 *
 * @param epoch The writer's own, which the authority record does not contradict.
 * @throws Error if the other site was promoted, or cannot say that it was not
 */
export async function takeFenceOff(client: Client, inputs: PromotionInputs, { epoch }: Epoch): Promise<void> {
  const { site, peer } = inputs;
  const stays = (why: string, cause?: unknown) =>
    new Error(`the fence of ${site} stays, it is read-only: ${why}`, { cause });
  const undo = async () => {
    await resetFence(client);
    await client.query("select pg_reload_conf()");
  };
  const found = await whilePeerIsHeld(inputs, epoch, undo);
  if (found.taken === "held off") throw stays(found.why);
  if (found.taken === "no answer") {
    const { code, message } = found.error;
    if (!(peer!.restores && code === "ECONNREFUSED"))
      throw stays(
        `${peer!.site} does not say that it was not promoted (${message || code}). Bring it up, or say that it is lost: dr:siteIsLost ${peer!.site}`,
        found.error,
      );
    await undo();
  }
  await writes(client);
}

export type Taken =
  | { readonly taken: "yes" }
  /** The other site was promoted, or is just being promoted: nothing was done. */
  | { readonly taken: "held off"; readonly why: string }
  /** The other site does not answer: nothing was done. */
  | { readonly taken: "no answer"; readonly error: NodeJS.ErrnoException };

/**
 * Does the work by which this site writes again, while it holds the lock of the server that would be promoted instead: two
 * sites never take writing up at once. With no other site it just does it.
 */
export async function whilePeerIsHeld(
  { site, peer, port, keysFolder }: PromotionInputs,
  epoch: number,
  work: () => Promise<void>,
): Promise<Taken> {
  if (!peer) return work().then(() => ({ taken: "yes" }));
  const there: Endpoint = { address: peer.address, port, keysFolder, timeoutMs: 2_000 };
  let isHeld = false;
  try {
    return await connected(there, async (other): Promise<Taken> => {
      const asked = { text: "select pg_try_advisory_lock($1) as free", query_timeout: ANSWERS_WITHIN_MS };
      const { rows } = await other.query<{ free: boolean }>(asked, [ONE_AT_A_TIME]);
      if (!rows[0]!.free) return { taken: "held off", why: `a promotion of ${peer.site} goes on` };
      if (await tookOver(other, epoch)) {
        const why = `${peer.site} was promoted meanwhile. Set dr:activation standby on ${site}'s stack`;
        return { taken: "held off", why };
      }
      isHeld = true;
      await work();
      return { taken: "yes" };
    });
  } catch (error) {
    if (isHeld) throw error;
    return { taken: "no answer", error: error as NodeJS.ErrnoException };
  }
}

/** Whether the other site was promoted after `epoch`, or writes all the same. One of an older epoch that is fenced was, and is no more. */
export async function tookOver(other: Client, epoch: number): Promise<boolean> {
  const newest = await newestEpoch(other);
  if (newest && newest.epoch > epoch) return true;
  return (await serverState(other)).role === "primary" && !(newest && newest.epoch < epoch && (await hasFence(other)));
}

async function writes(client: Client): Promise<void> {
  for (const end = performance.now() + TAKES_EFFECT_WITHIN_MS; ; await new Promise((r) => setTimeout(r, 20))) {
    try {
      return void (await proveWritable(client));
    } catch (error) {
      if ((error as { code?: string }).code !== READ_ONLY_TRANSACTION || performance.now() > end) throw error;
    }
  }
}

/** Throws if the lost site came back as a writer after its fence was proven: whoever brought it back wants it to stay live. */
export async function refuseUnfenced({ lostPeer, port, keysFolder }: PromotionInputs): Promise<void> {
  if (!lostPeer) return;
  const there: Endpoint = { address: lostPeer.address, port, keysFolder, timeoutMs: 2_000, withinMs: 5_000 };
  const unfenced = await connected(
    there,
    async (client) => (await serverState(client)).role === "primary" && !(await hasFence(client)),
  ).catch(() => false); // gone meanwhile: what was proven before stands
  if (unfenced)
    throw new Error(
      `${lostPeer.site} takes writes again: it came back, or its fence was taken off, after the fence was proven. Nothing was promoted. Run \`up\` again to fence it anew`,
    );
}
