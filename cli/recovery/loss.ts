import type { Project } from "../project";
import type { DatabaseStatus, Status } from "../status";
import { offerAt } from "./restorable";

/** Copies that never followed the site that is lost: it took over from them. */
const overtakenIn = (standbys: readonly DatabaseStatus[], { live }: Status) =>
  standbys.filter(({ epoch }) => live && epoch !== undefined && epoch < live.epoch);

/** Where only an older copy is left, what there is of the lost site's backups may be newer. */
export async function backupsInstead(
  project: Project,
  sites: { readonly from: string; readonly to: string },
  standbys: readonly DatabaseStatus[],
  status: Status,
): Promise<readonly string[]> {
  const lines = overtakenIn(standbys, status).map(async ({ database }) => {
    const offer = await offerAt(project, database, sites).catch(() => undefined);
    if (!offer)
      return `There is no backup of ${sites.from}'s ${database} at ${sites.to} that could be restored instead.`;
    const { describeOffer } = await import("../../provider/postgres/offer");
    return `${sites.from}'s ${database} can be restored instead, with --recover-from latest: ${describeOffer(offer, new Date())}.`;
  });
  return Promise.all(lines);
}

/** What a forced failover would lose, as far as can be measured now. */
export function lossOf(from: string, standbys: readonly DatabaseStatus[], status: Status): string {
  const { databases, live } = status;
  const still = databases.filter(({ site, role }) => site === from && role === "primary");
  const age = ({ lastCommit, fencedAt }: DatabaseStatus) => {
    const newest = lastCommit ?? fencedAt;
    return newest
      ? `its newest commit is of ${newest}, ${((Date.now() - Date.parse(newest)) / 1000).toFixed(1)} s ago${lastCommit ? "" : ", or older"}`
      : "it has replayed no commit yet";
  };
  const doing = ({ role, streaming }: DatabaseStatus) =>
    role === "fenced" ? "is fenced" : streaming ? "still streams" : "streams no more";
  const lines = [
    ...standbys.map((one) => `${one.site}'s ${one.database} ${doing(one)}; ${age(one)}.`),
    ...overtakenIn(standbys, status).map(
      ({ site, database, epoch }) =>
        `${site}'s ${database} is of epoch ${epoch}: of all that ${from} took as the live site, in epoch ${live!.epoch}, it has NOTHING.`,
    ),
  ];
  if (still.length > 0)
    lines.unshift(
      standbys.length > 0
        ? `${from} STILL TAKES WRITES. It will be fenced; a planned switch (failover without --lost) loses nothing.`
        : `${from} STILL TAKES WRITES. It will be fenced, and archives all that it has before that.`,
    );
  return lines.join("\n");
}
