import { RunError } from "../../engines/run";

/** Why a repository did not do what it was asked. */
export type RepositoryFault =
  "missing" | "no-bucket" | "wrong-key" | "locked" | "full" | "denied" | "damaged" | "incomplete" | "killed" | "other";

/** A repository that did not do what it was asked; `fault` tells a lost bucket from a wrong key. */
export class RepositoryError extends Error {
  constructor(
    readonly repository: string,
    readonly fault: RepositoryFault,
    reason: string,
  ) {
    super(`repository ${repository}: ${reason}`);
  }
}

/** How stores say that somebody may not do something, whatever the reason. */
export const DENIED =
  /Access ?Denied|not authorized to perform|permission denied|operation not permitted|ObjectLocked|object is (locked|protected)|WORM protected|InvalidAccessKeyId|Access Key Id you provided does not exist|SignatureDoesNotMatch|signature we calculated does not match|AuthenticationFailed|AuthorizationFailure|\b403\b/i;

// restic 0.14 has one exit code for everything: what it printed decides. The first that matches wins.
const SIGNS: readonly (readonly [fault: RepositoryFault, sign: RegExp, words: string])[] = [
  [
    "incomplete",
    /at least one source file could not be read/i,
    "not everything could be read, and half a backup is none",
  ],
  ["wrong-key", /wrong password or no key found/i, "the key does not open it"],
  ["full", /no space left on device|disk quota exceeded|StorageFull|XMinioStorageFull/i, "no space is left"],
  ["denied", DENIED, "access was denied"],
  [
    "no-bucket",
    /bucket does not exist|NoSuchBucket|bucket doesn't exist|ContainerNotFound|container does not exist/i,
    "its bucket is not there",
  ],
  ["locked", /repository is already locked|unable to create lock/i, "it is locked by another process"],
  ["missing", /Is there a repository at the following location|unable to open config file/i, "there is none"],
  [
    "damaged",
    /invalid data returned|ciphertext verification failed|hash does not match|contains errors|not found in index|unexpected EOF|load\(<.*>\)|failed to find|could not load|length mismatch|does not exist/i,
    "what it holds is damaged",
  ],
];

/** The fault that restic's words tell of. */
export function faultOf(repository: string, stderr: string): RepositoryError {
  const lines = stderr.trim().split("\n").filter(Boolean);
  const [fault, sign, words] = SIGNS.find(([, one]) => one.test(stderr)) ?? ["other", undefined, "restic failed"];
  // The line that tells, and what came before it; a stack of Go's may follow.
  const telling = sign ? lines.findIndex((line) => sign.test(line)) : -1;
  const shown = telling < 0 ? lines.slice(-4) : lines.slice(Math.max(0, telling - 1), telling + 1);
  return new RepositoryError(repository, fault, `${words} (${shown.join("; ") || "it said nothing"})`);
}

/** Whether restic gave no reason of its own: then the other end of the stream has it. */
export const isSilent = ({ fault }: RepositoryError) => fault === "other" || fault === "killed";

/**
 * Whether a tool could not do its work to the end for a reason of its own: it was killed, took too long, or could not be
 * started. That says nothing of the backup that it was at.
 */
export function wasCutOff(error: unknown): boolean {
  if (error instanceof RepositoryError) return error.fault === "killed";
  if (error instanceof RunError) return error.exitCode === null;
  return error instanceof Error && error.cause !== undefined && wasCutOff(error.cause);
}
