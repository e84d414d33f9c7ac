import type { Copy } from "../../evidence/chain";
import { fileOf, FORMAT, seal, type Begun, type Sealed } from "../../evidence/record";

export const PLAN = "shop";

/** A record that follows others, with a change made to it. */
export function following(previous: readonly Sealed[], change: Partial<Begun> = {}): Sealed {
  const sequence = 1 + Math.max(0, ...previous.map(({ record }) => record.sequence));
  return seal<Begun>({
    ...{ format: FORMAT, phase: "begun", plan: PLAN, sequence, command: "failover", asked: { lost: "prod" } },
    ...{ at: new Date(Date.UTC(2026, 0, 1, 0, sequence)).toISOString(), who: { user: "ann", host: "desk" } },
    ...{ confirmed: { word: "dr", shown: "prod is lost" }, previous: previous.map(({ hash }) => hash).sort() },
    ...change,
  });
}

/** So many records, each after the one before. `first` tells one chain from another. */
export function chain(length: number, first: Partial<Begun> = {}): Sealed[] {
  const all: Sealed[] = [];
  for (let n = 0; n < length; n++) all.push(following(all.slice(-1), n === 0 ? first : {}));
  return all;
}

export const copyOf = (name: string, records: readonly Sealed[], change: Partial<Copy> = {}): Copy => ({
  ...{ name, there: true },
  files: new Map(records.map((sealed) => [fileOf(sealed), Buffer.from(sealed.line)])),
  ...change,
});
