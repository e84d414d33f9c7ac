/** What a site is recovered from. */
export type RecoveryPoint =
  /** The newest verified backup, and all WAL that was archived after it. */
  | { readonly kind: "latest" }
  /** The same, up to a moment. ISO 8601, UTC. */
  | { readonly kind: "time"; readonly time: string }
  /** One backup, as it was taken. */
  | { readonly kind: "backup"; readonly id: string };

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const BACKUP = /^(.+)-\d{8}T\d{6}\.\d{3}Z-(?:full|incr|diff)$/;

/** Reads `latest`, a moment such as `2026-11-21T17:30:00Z`, or the id of a backup. Throws with what it must be. */
export function parseRecoveryPoint(text: string): RecoveryPoint {
  if (text === "latest") return { kind: "latest" };
  if (BACKUP.test(text)) return { kind: "backup", id: text };
  if (MOMENT.test(text) && !Number.isNaN(Date.parse(text))) return { kind: "time", time: new Date(text).toISOString() };
  const zone = /^\d{4}-\d{2}-\d{2}/.test(text) ? "; a moment needs its time and its zone" : "";
  throw new Error(
    `must be latest, a moment such as 2026-11-21T17:30:00Z, or the id of a backup (npx pulumi-dr backups)${zone}; got ${text}`,
  );
}

/** The source that a backup's id says it is of: `orders`, or `orders.dump` for its dumps. */
export const sourceOfBackup = (id: string): string | undefined => BACKUP.exec(id)?.[1];

/** Whether backups of a source are of a database: its own, or its dumps. */
export const isOf = (source: string, database: string) => source === database || source === `${database}.dump`;
