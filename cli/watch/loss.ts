/** Where a site's databases were, as seen at one moment while it was well. */
export interface Position {
  /** Seconds of the watch's clock, just before the positions were asked for. */
  readonly at: number;
  /** Written up to here, by database. */
  readonly written: Readonly<Record<string, string>>;
}

const MOST = 1_000;

/** Remembers another position; every second one of the older half is let go when there are too many. */
export function remember(positions: readonly Position[], next: Position): readonly Position[] {
  const all = [...positions, next];
  if (all.length <= MOST) return all;
  return all.filter((_, index) => index >= MOST / 2 || index % 2 === 0);
}

/**
 * The most that is lost if the standby takes over, as seconds of writes: from the newest moment up to which it surely has
 * everything, to the first at which nobody could reach the site any more. Undefined if no such moment was ever seen.
 */
export function lossOf(
  positions: readonly Position[],
  received: Readonly<Record<string, string>> | undefined,
  downSince: number,
): number | undefined {
  if (!received) return undefined;
  const whole = positions.findLast(({ at, written }) => {
    const databases = Object.keys(received);
    return at <= downSince && databases.length > 0 && databases.every((name) => has(received[name], written[name]));
  });
  return whole && downSince - whole.at;
}

const has = (received: string | undefined, written: string | undefined) =>
  received !== undefined && written !== undefined && bytesOf(received) >= bytesOf(written);

/** An LSN, `16/B374D848`, as a number of bytes. */
export function bytesOf(lsn: string): bigint {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(lsn);
  if (!match) throw new Error(`a position must read like 16/B374D848; got ${lsn}`);
  return (BigInt(`0x${match[1]}`) << 32n) + BigInt(`0x${match[2]}`);
}
