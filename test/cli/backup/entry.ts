import type { Entry } from "../../../cli/backup/client";

/** A backup as the API shows it. */
export function entry(change: Partial<Entry> = {}): Entry {
  const { source = "orders", startedAt = "2026-11-21T02:00:00.000Z", type = "full" } = change;
  const endedAt = new Date(Date.parse(startedAt) + 60_000).toISOString();
  return {
    ...{
      id: `${source}-${startedAt.replaceAll(/[-:]/g, "")}-${type}`,
      site: "prod",
      source,
      type,
      trigger: "schedule",
    },
    ...{ engine: "postgresql", kind: "physical", startedAt, endedAt, bytes: { source: 3 * 2 ** 30, stored: 1500 } },
    ...{ state: "verified", verdict: { at: endedAt, level: "read", reasons: [] }, repositories: ["own", "dr"] },
    ...change,
  };
}
