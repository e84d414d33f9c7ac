import type { ChaosJournal } from "./journal";
import { SITES, type Site } from "./plan";
import type { System } from "./system";

/** Writes to both servers all the time, each by its own address, whatever any record says: two that accept are one too many. */
export interface Probe {
  readonly samples: () => number;
  /** Which servers accept a write just now. */
  readonly writers: () => Promise<readonly Site[]>;
  /** A site that nobody could reach when it was said to be lost can be reached again: it has some seconds to find out. */
  readonly reachable: () => void;
  readonly stop: () => Promise<void>;
}

const EVERY_MS = 250;
const WITHIN_MS = 1_000;
/** The agent looks every two seconds, and waits at the door of a server that hangs; twice that on a busy machine. */
const FINDS_OUT_WITHIN_MS = 4_000;

export const PROBE_TABLE = "create table if not exists dr_probe (site text, at timestamptz default now())";

export function startProbe(system: System, journal: ChaosJournal): Probe {
  let samples = 0;
  let stopped = false;
  let told = false;
  let excusedUntil = 0;
  const accepts = (site: Site) =>
    system
      .ask(site, {
        sql: "insert into dr_probe (site) values ($1)",
        ...{ values: [site], way: "network", user: "app", withinMs: WITHIN_MS },
      })
      .then(
        () => true,
        () => false,
      );
  const writers = async () => {
    const each = await Promise.all(SITES.map(accepts));
    return SITES.filter((_, at) => each[at]);
  };
  const watched = (async () => {
    for (; !stopped; await new Promise((resolve) => setTimeout(resolve, EVERY_MS))) {
      const all = await writers();
      samples++;
      if (all.length < 2) {
        told = false;
        continue;
      }
      // A switch may lie between two writes; between three in turn there would have to be two of them.
      const [first, second] = SITES;
      const proven = (await accepts(first)) && (await accepts(second)) && (await accepts(first));
      if (proven && Date.now() < excusedUntil) {
        const afterMs = Date.now() - excusedUntil + FINDS_OUT_WITHIN_MS;
        journal.note("two writers, for a moment", { afterMs });
        continue;
      }
      if (proven && !told) journal.violate("two writers", `${first}, ${second} and ${first} again accepted a write`);
      told ||= proven;
    }
  })();
  return {
    ...{ samples: () => samples, writers },
    reachable: () => void (excusedUntil = Date.now() + FINDS_OUT_WITHIN_MS),
    stop() {
      stopped = true;
      return watched;
    },
  };
}
