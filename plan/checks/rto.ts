import { formatDuration, type Duration } from "../duration";
import { rtoForSize, statedFor } from "../objectives";
import type { Plan } from "../plan";
import { formatSize } from "../size";
import { CLASSES } from "../schema/objectives";
import type { Finding } from "./finding";

/** A restore is taken to read this much a second, until a drill has measured it. */
export const RESTORE_BYTES_PER_SECOND = 50 * 2 ** 20;

/** Every recovery time objective against DNS, detection, estimates and sizes. */
export function* rto(plan: Plan): Iterable<Finding> {
  for (const of of CLASSES) {
    const objective = plan.objectives[of];
    if (!objective) continue;
    const { rto: target, maxDowntime, bySize } = objective;
    if (target !== undefined && maxDowntime !== undefined && maxDowntime < target) {
      const message = `a maximum downtime of ${formatDuration(maxDowntime)} is shorter than rto ${formatDuration(target)}; make it as long or longer`;
      yield { at: ["objectives", of, "maxDowntime"], message };
    }
    for (const [i, band] of bySize.entries()) {
      const before = bySize[i - 1];
      if (before && band.upTo <= before.upTo) {
        const message = `bands go from small to large; ${formatSize(band.upTo)} comes after ${formatSize(before.upTo)}`;
        yield { at: ["objectives", of, "bySize", i, "upTo"], message };
      }
    }
    for (const seconds of [target, ...bySize.map((band) => band.rto)]) {
      if (seconds !== undefined) yield* switching(plan, seconds, of);
    }
  }
  yield* estimates(plan);
  yield* restores(plan);
}

/** What it takes before anyone reaches the other site, however fast the site itself is. */
function* switching(plan: Plan, target: Duration, of: string): Iterable<Finding> {
  const goal = `rto ${formatDuration(target)} (objectives.${of})`;
  const { ttl } = plan.dns;
  if (ttl >= target) {
    yield {
      at: ["dns", "ttl"],
      message: `answers that are kept ${formatDuration(ttl)} cannot meet ${goal}; lower dns.ttl, such as to 30s`,
    };
    return;
  }
  const { mode, detectAfter } = plan.failover;
  if (mode === "automatic" && detectAfter + ttl >= target) {
    const message = `finding the loss after ${formatDuration(detectAfter)} and answers kept ${formatDuration(ttl)} cannot meet ${goal}; lower failover.detectAfter`;
    yield { at: ["failover", "detectAfter"], message };
  }
}

function* estimates(plan: Plan): Iterable<Finding> {
  for (const [name, { class: of, estimate, estimateFrom }] of Object.entries(plan.scenarios)) {
    const at = ["scenarios", name, "estimate"];
    if (estimateFrom !== undefined && (estimate === undefined || estimateFrom > estimate)) {
      const most = estimate === undefined ? "there is no estimate" : `estimate is ${formatDuration(estimate)}`;
      yield {
        at: ["scenarios", name, "estimateFrom"],
        message: `must not be more than estimate; got ${formatDuration(estimateFrom)}, and ${most}`,
      };
    }
    if (estimate === undefined) continue;
    const stated = statedFor(plan, of, "rto");
    if (!stated) {
      yield {
        at,
        message: `no rto to check it against; state ${of === "full" ? "" : `objectives.${of}.rto or `}objectives.full.rto`,
        doubt: true,
      };
    } else if (estimate > stated.seconds) {
      const message = `an estimate of ${formatDuration(estimate)} cannot meet rto ${formatDuration(stated.seconds)} (objectives.${stated.class}); find a faster recovery or allow more time`;
      yield { at, message };
    }
  }
}

/** Data without a replica is restored from a backup, which takes as long as its size. */
function* restores(plan: Plan): Iterable<Finding> {
  for (const [name, entry] of Object.entries(plan.data)) {
    if (entry.size === undefined || (entry.engine === "postgresql" && entry.replica !== "none")) continue;
    const target = rtoForSize(plan, entry.class, entry.size);
    const takes = Math.ceil(entry.size / RESTORE_BYTES_PER_SECOND);
    if (target === undefined || takes <= target) continue;
    const message = `restoring ${formatSize(entry.size)} takes about ${formatDuration(Math.ceil(takes / 60) * 60)} at 50 MiB a second, longer than rto ${formatDuration(target)}; add a replica, or let a drill measure it`;
    yield { at: ["data", name, "size"], message, doubt: true };
  }
}
