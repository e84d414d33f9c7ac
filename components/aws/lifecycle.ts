import type { Plan, Retention } from "../../plan";
import { reach } from "../../plan/retention";

const DAY = 86_400;

/** From this on backups lie long enough that it pays to let S3 find the cheapest class that still answers at once. */
const LONG_DAYS = 90;

/** Of S3's own defaults, in the plan's words: what a caller leaves out. */
export const STORAGE = { versioning: true, softDelete: 30 * DAY, immutable: 7 * DAY } as const;

/**
 * What S3 does with age. It deletes no current object, ever: backups share their data, so the oldest object may hold what the
 * newest backup needs, and the agent alone knows which is which. What the agent let go of, or somebody deleted, can be brought
 * back for the plan's `softDelete`, and is not tried to be deleted before the lock on it ends.
 */
export function lifecycleOf(
  { softDelete, immutable }: Pick<Plan["storage"], "softDelete" | "immutable">,
  retentions: readonly Retention[],
) {
  const longestDays = Math.max(0, ...retentions.map((retention) => reach(retention) / DAY));
  return [
    {
      ...{ id: "versions", status: "Enabled", filter: {} },
      noncurrentVersionExpiration: { noncurrentDays: Math.max(1, Math.ceil(Math.max(softDelete, immutable) / DAY)) },
      expiration: { expiredObjectDeleteMarker: true },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    },
    ...(longestDays > LONG_DAYS
      ? [
          {
            ...{ id: "tiers", status: "Enabled", filter: {} },
            transitions: [{ days: 30, storageClass: "INTELLIGENT_TIERING" }],
          },
        ]
      : []),
  ];
}
