import type { Client } from "pg";
import { resetFence } from "../../engines/postgres/fencing";
import { noteReign } from "../../engines/postgres/reign";
import { keepWalForReturn } from "../../engines/postgres/rewind";
import { waitForNobody } from "../../engines/postgres/synchrony";
import type { PromotionInputs } from "../resources/promotion";
import type { Tell } from "../tell";
import { whilePeerIsHeld } from "./own-fence";

/** A promotion under way: when it must be done, how far it came (safe while nothing is changed), and who is told. */
export interface Run {
  readonly end: number;
  readonly at: { step: string; isSafe: boolean };
  readonly tell: Tell;
}

export const timeoutOf = ({ timeoutSeconds = 300 }: PromotionInputs) => timeoutSeconds;

/** Ends the recovery of a server whose promotion was found right, and leaves it ready for the next start. */
export async function becomeWriter(client: Client, inputs: PromotionInputs, { end, at }: Run): Promise<void> {
  Object.assign(at, { step: "pg_promote", isSafe: false });
  // A fence that travelled here with the data, or was set on this server in an earlier failover, ends with the promotion.
  await resetFence(client);
  await unlessManaged(keepWalForReturn(client));
  await waitForNobody(client); // the other copy follows later, if at all: the first commit must not wait for it
  const { rows } = await client.query<{ promoted: boolean }>("select pg_promote(true, $1) as promoted", [
    Math.max(1, Math.ceil((end - performance.now()) / 1000)),
  ]);
  if (!rows[0]!.promoted)
    throw new Error(
      `the promotion of ${inputs.site} hangs at pg_promote: after ${timeoutOf(inputs)} s the server is still in recovery, and may leave it yet; the name is unchanged. Run \`up\` again`,
    );
  at.step = "opening its epoch";
  await armForReturn(client);
}

/**
 * Makes a server that was started again, in the epoch that it still holds, the writer that it was: unless the other site took
 * over, or is about to, while nobody wrote here. A site that does not answer holds nothing off.
 */
export async function takeWritingUp(client: Client, inputs: PromotionInputs, epoch: number, run: Run): Promise<void> {
  const write = () => becomeWriter(client, inputs, run);
  const found = await whilePeerIsHeld(inputs, epoch, write);
  if (found.taken === "held off") throw new Error(`${inputs.site} stays read-only: ${found.why}`);
  if (found.taken === "no answer") await write();
}

const NO_PRIVILEGE = "42501";

/** Leaves the signal by which the next start of this server begins in recovery. */
export async function armForReturn(client: Client): Promise<void> {
  const { rows } = await client.query<{ copy: string }>(
    "select format('copy (select where false) to %L', current_setting('data_directory') || '/standby.signal') as copy",
  );
  await unlessManaged(client.query(rows[0]!.copy));
}

/** Leaves word of the epoch that this server writes in, for the day when it returns. */
export const leaveReign = (client: Client) => unlessManaged(noteReign(client));

/** A managed engine sees to it itself, and lets nobody else. */
const unlessManaged = (done: Promise<unknown>) =>
  done.catch((error: { code?: string }) => {
    if (error.code !== NO_PRIVILEGE) throw error as Error;
  });
