import type { Acknowledged } from "./client";

export interface Survivor {
  readonly seq: number;
  readonly sentMs: number;
}

export interface Measured {
  /** From the loss to the first write that the new site acknowledged, in seconds. */
  readonly rtoSeconds: number;
  /** Age, at the loss, of the newest write that survived, in seconds. */
  readonly rpoSeconds: number;
  readonly writes: Writes;
}

/** What became of the writes that the client had acknowledged. */
export type Writes = { readonly acknowledged: number; readonly survived: number; readonly lost: number };

/** What a recovery cost, from what the outside client was told and what the new site holds. */
export function measure(
  acknowledged: readonly Acknowledged[],
  survivors: readonly Survivor[],
  lostAtMs: number,
  newAddress: string,
): Measured {
  const first = acknowledged.find(({ address, sentMs }) => address === newAddress && sentMs >= lostAtMs);
  if (!first) throw new Error("nothing was written at the new site: there is no recovery time");
  const before = survivors.filter(({ sentMs }) => sentMs <= lostAtMs).map(({ sentMs }) => sentMs);
  if (before.length === 0) throw new Error("no write from before the loss survived: there is no recovery point");

  return {
    rtoSeconds: (first.ackMs - lostAtMs) / 1000,
    rpoSeconds: (lostAtMs - Math.max(...before)) / 1000,
    writes: survived(acknowledged, survivors),
  };
}

export function survived(acknowledged: readonly Acknowledged[], survivors: readonly Survivor[]): Writes {
  const there = new Set(survivors.map(({ seq }) => seq));
  const kept = acknowledged.filter(({ seq }) => there.has(seq)).length;
  return { acknowledged: acknowledged.length, survived: kept, lost: acknowledged.length - kept };
}

/** How long no write was acknowledged before the first one at a new address since a moment, in seconds. */
export function gapOf(acknowledged: readonly Acknowledged[], newAddress: string, sinceMs: number): number {
  const index = acknowledged.findIndex(({ address, sentMs }) => address === newAddress && sentMs >= sinceMs);
  if (index < 1) throw new Error("nothing was written at the new site, or nothing before: there is no gap");
  return (acknowledged[index]!.ackMs - acknowledged[index - 1]!.ackMs) / 1000;
}
