import { RepositoryError } from "./refusal";
import { restic, type ResticPlace } from "./restic-command";

const WAIT_MS = 15 * 60_000;
const PAUSE_MS = 1_000;

/**
 * Whether a store lets go of what it holds. restic's locks are objects that it deletes: where deletes are refused they stay.
 * Shared ones are no hindrance; an exclusive one, once made, would keep everybody out for good. So none is made before a
 * shared one was seen to go.
 */
export class Deletes {
  refused = false;
  readonly onLockStays = () => void (this.refused = true);

  /** Makes a shared lock and removes it; waits while another process holds the repository for itself. */
  async probe(place: ResticPlace): Promise<void> {
    if (this.refused) return;
    await waitingForLock(place, () =>
      restic(place, ["list", "keys", "--quiet", "--no-cache"], { isLast: () => true, onLockStays: this.onLockStays }),
    );
  }

  /** Does what needs the repository for itself, unless the store would keep the lock. */
  async exclusively<T>(place: ResticPlace, work: () => Promise<T>): Promise<T> {
    await this.probe(place);
    if (this.refused)
      throw new RepositoryError(place.name, "denied", "its store refuses to delete anything: what it holds stays");
    return waitingForLock(place, work);
  }
}

/** Does what needs a lock, again and again while another process holds the repository, clearing away locks of the dead. */
export async function waitingForLock<T>(place: ResticPlace, work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + (place.lockWaitMs ?? WAIT_MS); ; await new Promise((r) => setTimeout(r, PAUSE_MS))) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RepositoryError) || error.fault !== "locked" || Date.now() > end) throw error;
      await restic(place, ["unlock"]).catch(() => {}); // only of those that are dead: on this machine gone, or half an hour silent
    }
  }
}
