import type { Metrics } from "../metrics";
import { JOB_METRICS, type JobMetrics } from "../jobs/setup";

/** Metrics whose library is still to be loaded: what is told meanwhile counts as soon as they are there. */
export function metricsToCome(): { readonly metrics: JobMetrics; readonly use: (made: Metrics) => void } {
  let made: Metrics | undefined;
  const told: ((metrics: Metrics) => void)[] = [];
  const later =
    (name: keyof JobMetrics) =>
    (...said: never[]) => {
      const tell = (metrics: Metrics) => (metrics[name] as (...said: never[]) => void)(...said);
      if (made) tell(made);
      else told.push(tell);
    };
  return {
    metrics: Object.fromEntries(JOB_METRICS.map((name) => [name, later(name)])) as unknown as JobMetrics,
    use(metrics) {
      made = metrics;
      for (const tell of told.splice(0)) tell(metrics);
    },
  };
}
