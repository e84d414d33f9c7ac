import type { Client } from "pg";
import { keepWalForReturn } from "../../engines/postgres/rewind";
import type { ServerState } from "../../engines/postgres/sql";
import { waitForNobody } from "../../engines/postgres/synchrony";
import type { PromotionInputs } from "../resources/promotion";
import type { Tell } from "../tell";
import { peerWrites } from "./may-promote";
import { resetFence } from "./own-fence";

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

/** Two `up`s at once: the other site took over while this one took its writing up again. The older epoch gives way. */
export async function giveWay(client: Client, inputs: PromotionInputs, before: ServerState): Promise<void> {
  const failure = await peerWrites(inputs, before);
  if (!failure) return;
  await client.query("alter system set default_transaction_read_only = on");
  await client.query("select pg_reload_conf()");
  throw new Error(`${inputs.site} stays read-only: \`${failure.property}\` ${failure.reason}`);
}

const NO_PRIVILEGE = "42501";

/** Leaves the signal by which the next start of this server begins in recovery. */
export async function armForReturn(client: Client): Promise<void> {
  const { rows } = await client.query<{ copy: string }>(
    "select format('copy (select where false) to %L', current_setting('data_directory') || '/standby.signal') as copy",
  );
  await unlessManaged(client.query(rows[0]!.copy));
}

/** A managed engine sees to it itself, and lets nobody else. */
const unlessManaged = (done: Promise<unknown>) =>
  done.catch((error: { code?: string }) => {
    if (error.code !== NO_PRIVILEGE) throw error as Error;
  });
