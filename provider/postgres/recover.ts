import { randomUUID } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import * as path from "node:path";
import { placeOfSegment, placeReplayed } from "../../agent/sources/postgresql/pgbackrest";
import type { Query } from "../../agent/sources/postgresql/scratch";
import { refuseWithoutSpace } from "../../agent/sources/space";
import type { Authority } from "../../engines/dns/lookup";
import { makeFolder } from "../../engines/files";
import * as cluster from "../../engines/postgres/cluster";
import { catchUpEpoch } from "../../engines/postgres/epoch";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import type { Tell } from "../tell";
import type { Asked } from "./may-restore";
import { findOffer, describeOffer, type BackupPlace, type Offer } from "./offer";
import { readBack } from "./read-back";
import { noteRecovery, recoveryOf, type Recovery } from "./recovery-note";
import { restoreLogical } from "./restore-logical";
import { restorePhysical } from "./restore-physical";

export interface Recovering {
  /** Folder of the server. */
  readonly folder: string;
  readonly place: BackupPlace;
  readonly database: string;
  readonly asked: Asked;
  readonly authority: Authority | undefined;
  readonly queries: readonly Query[];
  /** Throws if what is there must not be replaced: asked again just before that is done, because a restore takes a while. */
  readonly refuseLive: () => Promise<unknown>;
}

/** A server's folder of its own, in which a copy is whole before it takes the place of anything. */
const draftOf = (folder: string) => path.join(folder, "restoring");

/**
 * Fills the place of a server from its backups. The copy is restored, opened and read back beside what is there, and takes
 * its place only then; what was there is stopped and kept under another name. Throws, with nothing changed, if the copy is
 * not whole.
 */
export async function recover(it: Recovering, tell: Tell): Promise<Recovery> {
  const draft = draftOf(it.folder);
  const left = recoveryOf(it.folder, cluster.dataFolder(draft));
  // Whole already, and cut off on its last step.
  const isWhole = left !== undefined && sameAsked(left.asked, it.asked) && !(await isBehind(it.place, left));
  return takePlace(it, isWhole ? left : await makeCopy(draft, it, tell), tell);
}

/** Whether more was archived since a copy was restored that is to hold everything: the lost site was not lost yet. */
export async function isBehind(place: BackupPlace, { asked, lsn }: Recovery): Promise<boolean> {
  if (asked.recoverFrom !== "latest" || lsn === undefined) return false;
  const { newestWal } = await findOffer(place, asked.recoverFrom);
  return newestWal !== undefined && placeOfSegment(newestWal.name) > placeReplayed(lsn);
}

async function makeCopy(draft: string, it: Recovering, tell: Tell): Promise<Recovery> {
  await clear(draft);
  try {
    return await restoreInto(draft, it, await findOffer(it.place, it.asked.recoverFrom), tell);
  } catch (error) {
    await clear(draft);
    throw error;
  }
}

const sameAsked = (a: Asked, b: Asked) =>
  a.recoverFrom === b.recoverFrom && a.lostSite === b.lostSite && a.lostEpoch === b.lostEpoch;

async function clear(draft: string): Promise<void> {
  await cluster.stop(draft); // a server outlives a provider that was killed
  rmSync(draft, { recursive: true, force: true });
}

async function restoreInto(draft: string, it: Recovering, offer: Offer, tell: Tell): Promise<Recovery> {
  const { folder, place, database, asked, authority, queries } = it;
  const { backup, point } = offer;
  tell(`restoring ${describeOffer(offer, new Date())}`);
  for (const line of offer.damage) tell(`the bucket is damaged: ${line}`, "warning");
  makeFolder(draft, 0o700);
  refuseWithoutSpace(draft, backup.bytes.source * (backup.kind === "logical" ? 3 : 1), `a restore of ${backup.id}`);
  const exact = point.kind === "backup" || backup.kind === "logical";

  const examine = async (socket: Endpoint) => {
    const { reasons, dropped } = await connected({ ...socket, database }, (client) =>
      readBack(client, backup, { exact, queries }),
    );
    if (reasons.length > 0) throw new Error(`${backup.id} came back and is not whole: ${reasons.join("; ")}`);
    if (dropped.length > 0) tell(`dropped after ${backup.id}, so not in it: ${dropped.join(", ")}`, "warning");
    await connected(socket, async (client) => {
      await client.query("set session characteristics as transaction read write");
      if (authority) await catchUpEpoch(client, authority);
    });
  };
  let told = 0;
  const onPercent = (percent: number) => {
    if (percent < told + 1) return;
    told = percent;
    tell(`restoring: ${Math.floor(percent)} %`, "passing");
  };
  const { keysFolder } = place;
  const restored =
    backup.kind === "physical"
      ? await restorePhysical(offer, draft, keysFolder, examine, onPercent)
      : await restoreLogical(offer, draft, keysFolder, database, examine);

  const { timeline } = await cluster.readEnding(draft);
  const at = new Date().toISOString();
  const recovery: Recovery = { id: randomUUID(), asked, backup: backup.id, at, timeline, ...restored };
  noteRecovery(folder, cluster.dataFolder(draft), recovery);
  return recovery;
}

async function takePlace({ folder, refuseLive }: Recovering, recovery: Recovery, tell: Tell): Promise<Recovery> {
  const draft = draftOf(folder);
  await refuseLive();
  if (cluster.hasData(folder)) {
    await cluster.stop(folder);
    tell(`kept: ${cluster.setAside(folder)}, what was here before`, "warning");
  }
  renameSync(cluster.dataFolder(draft), cluster.dataFolder(folder));
  rmSync(draft, { recursive: true, force: true });
  return recovery;
}
