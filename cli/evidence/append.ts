import { lackedBy, nextOf, readLog, short, type Copy } from "../../evidence/chain";
import { putRecords, readCopy, type Place } from "../../evidence/copies";
import { seal, type EvidenceRecord, type Sealed } from "../../evidence/record";

/** What the chain gives to a record. */
export interface Link {
  readonly sequence: number;
  readonly previous: readonly string[];
  readonly caughtUp?: Readonly<Record<string, number>>;
}

export interface Appended<T extends EvidenceRecord = EvidenceRecord> {
  readonly sealed: Sealed<T>;
  /** Names of the copies that have it. */
  readonly at: readonly string[];
}

/**
 * Brings copies that fell behind up to date, then writes one record into each that is there. Nothing here stops a recovery:
 * a copy that cannot be written is said so, and the next command delivers to it what it lacks.
 */
export function append<T extends EvidenceRecord>(
  places: readonly Place[],
  plan: string,
  make: (link: Link) => T,
  warn: (text: string) => void,
): Appended<T> {
  const copies = places.map((place) => ({ place, copy: readCopy(place) }));
  const log = readLog(
    copies.map(({ copy }) => copy),
    plan,
  );
  if (log.heads.length > 1)
    warn(
      `its copies went different ways (${log.heads.map(({ hash }) => short(hash)).join(", ")}); this command's records join them. See npx pulumi-dr evidence verify`,
    );

  const failed = ({ name }: Copy, why: string) =>
    warn(`NOT WRITTEN at ${name}: ${why}. The recovery goes on; the next command delivers it`);
  const caughtUp: Record<string, number> = {};
  const ready = copies.filter(({ place, copy }) => {
    if (copy.problem !== undefined) failed(copy, copy.problem);
    if (!copy.there || copy.problem !== undefined) return false;
    const { notYet } = lackedBy(copy, log);
    const why = attempt(() => putRecords(place, notYet));
    if (why !== undefined) failed(copy, why);
    else if (notYet.length > 0 && !copy.partial) {
      caughtUp[copy.name] = notYet.length;
      warn(`${notYet.length} record${notYet.length > 1 ? "s" : ""} that ${copy.name} lacked copied to it`);
    }
    return why === undefined;
  });

  const sealed = seal(make({ ...nextOf(log), ...(Object.keys(caughtUp).length > 0 ? { caughtUp } : {}) }));
  const at = ready.filter(({ place, copy }) => {
    const why = attempt(() => putRecords(place, [sealed]));
    if (why !== undefined) failed(copy, why);
    return why === undefined;
  });
  if (at.length === 0) warn(`WRITTEN NOWHERE. Keep this line in the incident's log:\n${sealed.line.trimEnd()}`);
  return { sealed, at: at.map(({ copy }) => copy.name) };
}

/** Why it failed, if it did. */
function attempt(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
