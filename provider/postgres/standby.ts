import { rmSync } from "node:fs";
import * as cluster from "../../engines/postgres/cluster";
import type { ServerSettings } from "../../engines/postgres/settings";
import { connected, serverState, type Endpoint } from "../../engines/postgres/sql";
import { waitForNobody, waitForStandby } from "../../engines/postgres/synchrony";
import type { Tell } from "../tell";
import { endpointOf, type PostgresServerInputs } from "./server";

/** Copies the live site's server and has the copy follow it. False if there is no primary yet. */
export async function makeStandby(
  inputs: PostgresServerInputs,
  settings: ServerSettings,
  tell: Tell,
): Promise<boolean> {
  if (!settings.upstream || !inputs.peer)
    throw new Error("`peer` must be given for a standby: there is no site to copy");
  const primary: Endpoint = { ...endpointOf(inputs), address: inputs.peer.address, user: "replicator" };
  try {
    await cluster.dropLostSlot(primary, inputs.site);
    await cluster.ensureSlot(primary, inputs.site);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") {
      tell(
        `waits for a primary: nothing answers at ${primary.address}:${primary.port}. Bring ${inputs.peer.site} up, then run \`up\` here again`,
        "warning",
      );
      return false;
    }
    throw new Error(`the primary at ${primary.address}:${primary.port} cannot be copied: ${(error as Error).message}`, {
      cause: error,
    });
  }
  await cluster.clone(inputs.folder, settings.upstream, (text) => tell(`copying: ${text.trim()}`, "passing"));
  cluster.configure(inputs.folder, settings);
  await cluster.start(inputs.folder);
  await cluster.ensureSlot(endpointOf(inputs), inputs.peer.site);
  await agreeOnSynchrony(inputs, tell);
  return true;
}

/** Whether the live site keeps no WAL for this one any more. Nothing can be said while it does not answer or does not write. */
export async function isGivenUp(inputs: PostgresServerInputs): Promise<boolean> {
  const peer = { ...endpointOf(inputs), address: inputs.peer!.address, timeoutMs: 2_000 };
  try {
    return (await connected(peer, serverState)).role === "primary" && (await cluster.hasLostSlot(peer, inputs.site));
  } catch {
    return false;
  }
}

/** Copies a standby anew that can follow no more. What it has is kept until the copy is whole: until then it is the second one. */
export async function copyAnew(inputs: PostgresServerInputs, settings: ServerSettings, tell: Tell): Promise<void> {
  const { folder, site, slotCapMiB } = inputs;
  tell(
    `${site} was away for more than the ${slotCapMiB} MiB of WAL that are kept for it: it is copied anew`,
    "warning",
  );
  const kept = cluster.setAside(folder);
  try {
    if (!(await makeStandby(inputs, settings, tell))) throw new Error("the live site does not answer any more");
  } catch (error) {
    throw new Error(`${site} could not be copied anew: ${(error as Error).message}. What it had is in ${kept}`, {
      cause: error,
    });
  }
  rmSync(kept, { recursive: true, force: true });
}

/** Has the primary, whichever site that is, wait for its standby with each commit, or for nobody. */
export async function agreeOnSynchrony(inputs: PostgresServerInputs, tell: Tell): Promise<void> {
  const { name, site, peer, synchronous, activation } = inputs;
  if (!peer || !synchronous) return connected(endpointOf(inputs), waitForNobody);
  const active = activation === "active";
  const [primary, standby] = active
    ? [endpointOf(inputs), `${name}-${peer.site}`]
    : [{ ...endpointOf(inputs), address: peer.address }, `${name}-${site}`];
  if (await waitForStandby(primary, standby, active ? 0 : 10_000).catch(() => false)) return;
  tell(`commits do not wait for ${active ? peer.site : site} yet: it does not stream`, "warning");
}
