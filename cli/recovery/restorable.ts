import type { Restorable } from "../../evidence/state";
import { commonsOf, placeOf } from "../../components/local/place";
import type { Offer } from "../../provider/postgres/offer";
import { isOf, sourceOfBackup } from "../../provider/postgres/recovery-point";
import { databasesOf, UsageError, type Project } from "../project";

/** What a recovery at `to` would take from the copy of `from`'s bucket. Throws, with the way out, if there is nothing. */
export function offerAt(
  project: Project,
  database: string,
  { from, to }: { readonly from: string; readonly to: string },
  recoverFrom = "latest",
): Promise<Offer> {
  return offerIn(project, database, placeOf(sitesOf(project), to).copyOf(from), recoverFrom);
}

/** The same from the live site's own bucket. */
export const ownOffer = (project: Project, database: string, site: string): Promise<Offer> =>
  offerIn(project, database, placeOf(sitesOf(project), site).bucket, "latest");

export const asRestorable = ({ backup, newestWal }: Offer): Restorable => ({
  ...{ backup: backup.id, endedAt: backup.endedAt },
  ...(newestWal ? { archivedAt: newestWal.at } : {}),
});

/** For each database that would be restored, what it would be restored from, in words. Refuses if one could not be. */
export async function readOffers(
  project: Project,
  sites: { readonly from: string; readonly to: string },
  recoverFrom: string | undefined,
): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const restored = databasesOf(project.plan).filter(({ name, replica }) =>
    recoverFrom === undefined ? replica === "none" : concerns(recoverFrom, name) || replica === "none",
  );
  return Promise.all(
    restored.map(async ({ name }) => {
      try {
        const offer = await offerAt(project, name, sites, concerns(recoverFrom, name) ? recoverFrom : undefined);
        const { describeOffer } = await import("../../provider/postgres/offer");
        return { name, text: `${sites.to}'s ${name} is restored: ${describeOffer(offer, new Date())}.` };
      } catch (error) {
        throw new UsageError(
          `${sites.to} cannot take over by a restore of ${name}: ${(error as Error).message}. Nothing was changed`,
        );
      }
    }),
  );
}

/** The id of a backup is said of its own database, anything else of all. */
function concerns(recoverFrom: string | undefined, database: string): boolean {
  const source = recoverFrom === undefined ? undefined : sourceOfBackup(recoverFrom);
  return recoverFrom !== undefined && (source === undefined || isOf(source, database));
}

async function offerIn(project: Project, database: string, bucket: string, recoverFrom: string): Promise<Offer> {
  // What reads a repository takes a while to load, and most plans have replicas.
  const { findOffer } = await import("../../provider/postgres/offer");
  const { keysFolder, secretsFolder } = commonsOf({ location: project.location, plan: project.plan.name });
  const stanza = `${project.plan.name}-${database}`;
  return findOffer({ bucket, source: database, stanza, keysFolder, secretsFolder }, recoverFrom);
}

const sitesOf = ({ location, plan, sites }: Project) => ({ location, plan: plan.name, all: sites });
