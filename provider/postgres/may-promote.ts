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
  const { peer, keysFolder, port } = inputs;
  if (!peer) return newest.epoch;
  const other = { address: peer.address, port, keysFolder, timeoutMs: 2_000, withinMs: 5_000 };
  const isOver = await connected(other, (there) => tookOver(there, newest.epoch)).catch(() => false);
  return isOver ? undefined : newest.epoch;
}

/** Why this standby must not become a new writer: by what it was told, or by what the other site does. */
export const whyNotPromoted = async (inputs: PromotionInputs, state: ServerState): Promise<Refusal | undefined> =>
  refusal(inputs, state) ?? (await peerWrites(inputs, state));

/** A token of a site that has taken writing up again since is worth nothing, whatever it says. */
export async function peerWrites(inputs: PromotionInputs, { role }: ServerState): Promise<Refusal | undefined> {
  const { peer, lostSite, keysFolder, port } = inputs;
  if (role === "primary" || lostSite || !peer) return undefined;
  const other = { address: peer.address, port, keysFolder, timeoutMs: 2_000, withinMs: 5_000 };
  const there = await connected(other, serverState).catch(() => undefined);
  if (there?.role !== "primary") return undefined;
  const reason = `must be of a site that takes no writes, and ${peer.site} takes them. Set dr:activation standby on its stack and take its new token`;
  return { property: "demotionToken", reason };
}
