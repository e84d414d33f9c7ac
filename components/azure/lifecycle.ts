import type * as storage from "@pulumi/azure-native/types/input";
import { reach } from "../../plan/retention";
import type { Retention } from "../../plan";

const DAY = 86_400;
/** Days after which backups lie in the cool tier, where they pay for at least 30: kept for less, they stay hot. */
const COOL_AFTER_DAYS = 30;
const WORTH_COOLING_DAYS = 90;

/**
 * What Azure does by itself with a bucket's blobs: it never deletes one that is in use (letting go of backups is the
 * agent's), and lets go of overwritten and deleted versions when no retention could ask for them any more.
 *
 * The age of a version counts from when it was written, so one is kept as long as the longest retention and the time to
 * bring it back. @see https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-overview
 */
export function lifecycleOf(
  retentions: readonly Retention[],
  softDeleteSeconds: number,
): storage.storage.ManagementPolicyRuleArgs[] {
  const days = versionDays(retentions, softDeleteSeconds);
  const cool = days >= WORTH_COOLING_DAYS ? { tierToCool: { daysAfterCreationGreaterThan: COOL_AFTER_DAYS } } : {};
  return [
    {
      ...{ name: "keep-as-long-as-the-plan", enabled: true, type: "Lifecycle" },
      definition: {
        filters: { blobTypes: ["blockBlob"] },
        actions: {
          ...("tierToCool" in cool ? { baseBlob: cool } : {}),
          version: { ...cool, delete: { daysAfterCreationGreaterThan: days } },
          snapshot: { delete: { daysAfterCreationGreaterThan: days } },
        },
      },
    },
  ];
}

/** Days for which a version of a blob is kept: the longest retention, and the time to notice a mistake. */
export const versionDays = (retentions: readonly Retention[], softDeleteSeconds: number) =>
  Math.ceil((Math.max(0, ...retentions.map(reach)) + softDeleteSeconds) / DAY);

/** Azure takes 1 to 365 days of soft delete. */
export const softDeleteDays = (seconds: number) => Math.min(365, Math.max(1, Math.ceil(seconds / DAY)));
