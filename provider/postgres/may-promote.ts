import type { Client } from "pg";
import { newestEpoch } from "../../engines/postgres/epoch";
import { connected, serverState, type ServerState } from "../../engines/postgres/sql";
import { readAuthority } from "../authority";
import type { PromotionInputs } from "../resources/promotion";
import { tookOver } from "./own-fence";
import { refusal, type Refusal } from "./demotion-token";

/**
 * The epoch that this server still holds: it is the site's own, and the authority record names no other. Such a server was
 * the writer when it stopped, and nobody took over since. Undefined if that is not so.
 */
export async function ownEpoch(client: Client, inputs: PromotionInputs): Promise<number | undefined> {
  const newest = await newestEpoch(client);
  if (newest?.site !== inputs.site) return undefined;
  const authority = await readAuthority(inputs.authority);
  if (authority && (authority.site !== inputs.site || authority.epoch !== newest.epoch)) return undefined;
  // The record is of before until the name is moved: the other site may have taken over already.
  const isOver = await askPeer(inputs, (there) => tookOver(there, newest.epoch));
  return isOver ? undefined : newest.epoch;
}

/** Why this standby must not become a new writer: by what it was told, or by what the other site does. */
export const whyNotPromoted = async (inputs: PromotionInputs, state: ServerState): Promise<Refusal | undefined> =>
  refusal(inputs, state) ?? (await peerWrites(inputs, state));

/** A token of a site that has taken writing up again since is worth nothing, whatever it says. */
async function peerWrites(inputs: PromotionInputs, { role }: ServerState): Promise<Refusal | undefined> {
  const { peer, lostSite } = inputs;
  if (role === "primary" || lostSite || !peer) return undefined;
  const there = await askPeer(inputs, serverState);
  if (there?.role !== "primary") return undefined;
  const reason = `must be of a site that takes no writes, and ${peer.site} takes them. Set dr:activation standby on its stack and take its new token`;
  return { property: "demotionToken", reason };
}

/** What the other site's server answers; undefined if there is none, or it does not answer. */
async function askPeer<T>(
  { peer, port, keysFolder }: PromotionInputs,
  ask: (there: Client) => Promise<T>,
): Promise<T | undefined> {
  if (!peer) return undefined;
  const there = { address: peer.address, port, keysFolder, timeoutMs: 2_000, withinMs: 5_000 };
  return connected(there, ask).catch(() => undefined);
}
