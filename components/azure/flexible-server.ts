/** How a server came to be. Only the plan's first site has one that copies no other, and only until it fails back anew. */
export type Origin = "original" | "replica" | "restored";

const GIB = 2 ** 30;
const SMALLEST_GIB = 32;
const LARGEST_GIB = 32_768;
/** Where the plan does not say how large the data is. */
const USUAL_GIB = 128;

/** The next of Azure's sizes that holds the data twice: a restore, an index or a vacuum must fit beside it. */
export function storageGiB(sizeBytes: number | undefined): number {
  if (sizeBytes === undefined) return USUAL_GIB;
  const wanted = (2 * sizeBytes) / GIB;
  let size = SMALLEST_GIB;
  while (size < wanted && size < LARGEST_GIB) size *= 2;
  return size;
}

/** Days that point-in-time restore reaches back: Azure takes 7 to 35. What is longer is the vault's. */
export const backupDays = (keepFulls: number) => Math.min(35, Math.max(7, keepFulls));

/** Parameters of every server that is not a copy: copies have them from their source. */
export const PARAMETERS: Readonly<Record<string, string>> = {
  require_secure_transport: "on",
  ssl_min_protocol_version: "TLSv1.2",
  "connection_throttle.enable": "on",
  log_checkpoints: "on",
  log_connections: "on",
  log_disconnections: "on",
  log_lock_waits: "on",
};

/**
 * What a promotion asks of a replica: to change roles with its source (which Azure then makes the replica, even when its
 * region comes back later: so there are never two writers); planned after all has arrived, forced with what has.
 */
export const promotion = (how: "Planned" | "Forced") => ({
  ...{ role: "Primary", promoteMode: "Switchover", promoteOption: how },
});

/** What is declared of a server's role. */
export function promotes(args: {
  readonly activation: "active" | "standby";
  readonly origin: Origin;
  readonly demotionToken: string | undefined;
  readonly lost: string | undefined;
}): { readonly how?: "Planned" | "Forced"; readonly leaveAlone: boolean } {
  const { activation, origin, demotionToken, lost } = args;
  if (activation !== "active" || origin !== "replica") return { leaveAlone: false };
  if (demotionToken) return { how: "Planned", leaveAlone: false };
  if (lost) return { how: "Forced", leaveAlone: false };
  // It was promoted before, and its loss is over: asked again it would be refused, for it has no source any more.
  return { leaveAlone: true };
}

/** What Azure calls a role, in our words. */
export const roleOfServer = (azure: string | undefined) => (azure?.endsWith("Replica") ? "standby" : "primary");
