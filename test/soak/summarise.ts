import type { Journal } from "./journal";
import type { Listener } from "./listener";
import type { Oracle } from "./oracle/oracle";
import { SOURCES } from "./plan";
import type { FaultTimes, Summary } from "./summary";
import type { Watch } from "./watch";
import type { Writer } from "./writers/writing";

interface Parts {
  readonly seed: string;
  readonly minutes: number;
  readonly watch: Watch;
  readonly writers: readonly Writer[];
  readonly oracle: Oracle;
  readonly times: ReadonlyMap<string, FaultTimes>;
  readonly journal: Journal;
  readonly listener: Listener;
}

/** Puts together what each part of the tester has counted. */
export function summarise({ seed, minutes, watch, writers, oracle, times, journal, listener }: Parts): Summary {
  const counted = (message: string, source: string) => watch.counts.get(`${message} ${source}`) ?? 0;
  const names = [...SOURCES, "postgres at a time"];
  const sources = names.map((name) => {
    const writer = writers.find(({ source }) => source === name);
    return [
      name,
      {
        ...{ acknowledged: writer?.acknowledged() ?? 0, refused: writer?.refused() ?? 0 },
        backups: { verified: counted("backup-verified", name), failed: counted("backup-failed", name) },
        proofs: { verified: counted("restore-proven", name), failed: counted("restore-failed", name) },
        judged: oracle.judged.get(name) ?? { restores: 0, compared: 0 },
      },
    ] as const;
  });
  return {
    ...{ seed, minutes, sources: Object.fromEntries(sources), faults: Object.fromEntries(times) },
    reasons: Object.fromEntries(watch.reasons),
    agentMaxMiB: Math.round(watch.maxRssKiB() / 1024),
    alerts: { received: listener.alerts.length, open: listener.open().length },
    violations: journal.violations,
    journal: journal.file,
  };
}
